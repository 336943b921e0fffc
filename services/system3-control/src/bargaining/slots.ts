/** A hair of rounding that does not make a whole number less than it is. */
const HAIR = 1e-9;

/**
 * Whole slots out of fair tasks: each unit has at least the whole part of its own, and what the fractions leave goes to
 * the largest of them.
 * @param most slots beyond which a unit gets none
 * @param fits whether a unit may have one more; when it says so, the unit has it
 * @param credit what a unit was owed before, in slots, counts beside its fraction
 * @returns slots of each unit; their sum is the whole part of the tasks' sum, or less where nobody may have more
 */
export function wholeSlots(
  tasks: Float64Array,
  most: Float64Array,
  fits: (unit: number) => boolean = () => true,
  credit?: Float64Array,
): Uint32Array {
  const n = tasks.length;
  const slots = new Uint32Array(n);
  const keys = new Float64Array(n);
  let candidates = 0;
  let left = HAIR;
  for (let i = 0; i < n; i++) {
    const task = tasks[i] ?? 0;
    const whole = Math.floor(Math.min(task + HAIR, most[i] ?? 0));
    const fraction = task - whole;
    slots[i] = whole;
    left += fraction;
    if (fraction > HAIR && whole + 1 <= (most[i] ?? 0)) keys[candidates++] = keyOf(fraction + (credit?.[i] ?? 0), i);
  }
  const order = keys.subarray(0, candidates).sort();
  for (let k = candidates - 1; k >= 0 && left >= 1; k--) {
    const i = indexOf(order[k] ?? 0);
    if (!fits(i)) continue;
    slots[i] = (slots[i] ?? 0) + 1;
    left -= 1;
  }
  return slots;
}

/**
 * Sorting numbers is many times as fast as sorting by them: the fraction goes before the index, in one. Of equals the
 * first is the largest.
 */
const INDEXES = 2 ** 21;
const FINE = 2 ** 29;
const keyOf = (fraction: number, i: number): number =>
  Math.floor(Math.min(fraction, 4) * FINE) * INDEXES + (INDEXES - 1 - i);
const indexOf = (key: number): number => INDEXES - 1 - (key % INDEXES);

/**
 * Deals each unit's slots out to the replicas, in the parts in which they have room.
 * @param slots of each unit; in all no more than the rooms
 * @returns for each replica the slots of each unit, never more than its room, and in all exactly what was to be dealt
 */
export function deal(slots: Uint32Array, rooms: Uint32Array): Uint32Array[] {
  const replicas = rooms.length;
  const left = Float64Array.from(rooms);
  const dealt = Array.from(rooms, () => new Uint32Array(slots.length));
  const fractions = new Float64Array(replicas);
  let free = left.reduce((sum, room) => sum + room, 0);
  for (let unit = 0; unit < slots.length; unit++) {
    const all = slots[unit] ?? 0;
    if (all === 0) continue;
    let rest = all;
    for (let r = 0; r < replicas; r++) {
      const room = left[r] ?? 0;
      const part = (all * room) / free;
      const whole = Math.floor(part);
      fractions[r] = part - whole;
      rest -= whole;
      if (whole > 0) give(r, unit, whole);
    }
    for (; rest > 0; rest--) {
      const r = neediest(fractions, left);
      fractions[r] = 0;
      give(r, unit, 1);
    }
    free -= all;
  }
  return dealt;

  function give(r: number, unit: number, n: number): void {
    const row = dealt[r];
    if (row !== undefined) row[unit] = (row[unit] ?? 0) + n;
    left[r] = (left[r] ?? 0) - n;
  }
}

/** The replica with room that has the largest fraction, and of those the most room. */
function neediest(fractions: Float64Array, left: Float64Array): number {
  let best = -1;
  let most = -1;
  for (let r = 0; r < fractions.length; r++) {
    const fraction = fractions[r] ?? 0;
    const room = left[r] ?? 0;
    if (room === 0 || fraction < most) continue;
    if (fraction > most || room > (left[best] ?? 0)) {
      best = r;
      most = fraction;
    }
  }
  return best;
}
