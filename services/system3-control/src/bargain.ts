import { type Bargainer, fairTasks } from './fairness.js';
import { deal, wholeSlots } from './slots.js';

/** Of what the replicas can run, the part that is bargained for; the rest is room for a unit that comes new. */
const ROOM = 0.9;
/** A unit can always use this much beyond what it uses and what waits, so that it can grow before it is asked again. */
const GROWTH = 1.25;

/** A unit in the bargain. All in operations at the same time. */
export interface Wish {
  unit: string;
  weight: number;
  minimum: number;
  cap?: number;
  /** What it uses, and what waits beside. */
  wants: number;
}

export interface Replica {
  instance: string;
  /** Operations at the same time. */
  capacity: number;
}

/** Slots by unit, in all and for each replica. */
export interface Bargain {
  pool: number;
  slots: Map<string, number>;
  grants: Map<string, Record<string, number>>;
}

/**
 * Shares the pool: first by what units want (minimums, then weighted max-min), then what is left over, up to their caps, so that nothing lies
 * idle that one could use. In whole slots, dealt out to the replicas: no replica's grants are more than it can run, and a unit's are never
 * more than its cap. A unit without a whole slot is not named; every replica lets it run one operation where there is room.
 */
export function bargain(wishes: readonly Wish[], replicas: readonly Replica[]): Bargain {
  const rooms = replicas.map(({ capacity }) => (capacity > 1 ? Math.floor(capacity * ROOM) : capacity));
  const pool = rooms.reduce((sum, room) => sum + room, 0);
  const grants = new Map(replicas.map(({ instance }) => [instance, {} as Record<string, number>]));
  if (pool === 0 || wishes.length === 0) return { pool, slots: new Map(), grants };
  const caps = wishes.map(({ cap }) => Math.min(cap ?? pool, pool));
  const wanted = wishes.map(({ weight, minimum, wants }, i) =>
    bargainer(weight, minimum, Math.min(wants * GROWTH, caps[i] ?? 0)),
  );
  const first = fairTasks(wanted, [pool]);
  const tasks = fairTasks(
    wishes.map(({ weight }, i) => bargainer(weight, first[i] ?? 0, caps[i] ?? 0)),
    [pool],
  );
  const slots = wholeSlots(tasks, caps);
  const dealt = deal(slots, rooms);
  for (const [r, { instance }] of replicas.entries()) {
    const row = grants.get(instance) ?? {};
    for (const [i, { unit, cap }] of wishes.entries()) {
      const n = dealt[r]?.[i] ?? 0;
      // None here, because it has all it may have elsewhere.
      const atCap = cap !== undefined && (slots[i] ?? 0) >= Math.floor(cap);
      if (n > 0 || atCap) row[unit] = n;
    }
  }
  return { pool, slots: new Map(wishes.map(({ unit }, i) => [unit, slots[i] ?? 0])), grants };
}

function bargainer(weight: number, minimum: number, most: number): Bargainer {
  return { needs: [1], weight, minimum, most };
}
