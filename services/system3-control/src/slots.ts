/** A hair of rounding that does not make a whole number less than it is. */
const HAIR = 1e-9;

/**
 * Whole slots out of fair tasks: each unit has at least the whole part of its own, and what the fractions leave goes to the largest of them.
 * @param most slots beyond which a unit gets none
 * @returns slots of each unit; their sum is the whole part of the tasks' sum, or less where nobody may have more
 */
export function wholeSlots(tasks: readonly number[], most: readonly number[]): number[] {
  const slots = tasks.map((n, i) => Math.min(Math.floor(n + HAIR), Math.floor(most[i] ?? 0)));
  const fractions = tasks.map((n, i) => ({ i, part: n - (slots[i] ?? 0) })).filter(({ part }) => part > HAIR);
  let left = Math.floor(sum(tasks) + HAIR) - sum(slots);
  if (left <= 0) return slots;
  for (const { i } of fractions.sort((a, b) => b.part - a.part)) {
    if (left === 0) break;
    if ((slots[i] ?? 0) + 1 > (most[i] ?? 0)) continue;
    slots[i] = (slots[i] ?? 0) + 1;
    left -= 1;
  }
  return slots;
}

/**
 * Deals each unit's slots out to the replicas, in the parts in which they have room.
 * @param slots of each unit; in all no more than the rooms
 * @returns for each replica the slots of each unit, never more than its room, and in all exactly what was to be dealt
 */
export function deal(slots: readonly number[], rooms: readonly number[]): number[][] {
  const left = [...rooms];
  const dealt = rooms.map(() => slots.map(() => 0));
  let free = sum(left);
  const give = (r: number, unit: number, n: number) => {
    const row = dealt[r];
    if (row) row[unit] = (row[unit] ?? 0) + n;
    left[r] = (left[r] ?? 0) - n;
  };
  for (const [unit, all] of slots.entries()) {
    if (all === 0) continue;
    const parts = left.map((room) => (all * room) / free);
    let rest = all;
    for (let r = 0; r < parts.length; r++) {
      const whole = Math.floor(parts[r] ?? 0);
      give(r, unit, whole);
      rest -= whole;
    }
    for (; rest > 0; rest--) {
      const r = neediest(parts, left);
      parts[r] = 0;
      give(r, unit, 1);
    }
    free -= all;
  }
  return dealt;
}

/** The replica with room whose part has the largest fraction, and of those the most room. */
function neediest(parts: readonly number[], left: readonly number[]): number {
  let best = -1;
  let most = -1;
  for (let r = 0; r < parts.length; r++) {
    const fraction = (parts[r] ?? 0) % 1;
    if ((left[r] ?? 0) === 0 || fraction < most) continue;
    if (fraction > most || (left[r] ?? 0) > (left[best] ?? 0)) {
      best = r;
      most = fraction;
    }
  }
  return best;
}

function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const n of numbers) total += n;
  return total;
}
