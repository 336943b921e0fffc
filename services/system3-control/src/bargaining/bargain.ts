import { type Bargainers, fairTasks } from './fairness.js';
import { deal, wholeSlots } from './slots.js';

/** Of what there is, the part that is bargained for; the rest is room for a unit that comes new. */
const ROOM = 0.9;
/** A unit can always use this much beyond what it uses and what waits, so that it can grow before it is asked again. */
const GROWTH = 1.25;

/**
 * A unit in the bargain. All in operations at the same time where nothing else is said. Where there are many, each
 * names all its figures, absent ones too: objects of one make are read fifteen times as fast as objects of several.
 */
export interface UnitDemand {
  unit: string;
  weight: number;
  minimum: number;
  cap?: number | undefined;
  /** Its use, and the need of what waits beside. */
  wants: number;
  /** Operations a second that it begins with each one at the same time: its pace. */
  pace?: number | undefined;
  /** The need of each of its operations of the counted resources, by name. */
  needs?: Readonly<Record<string, number>> | undefined;
}

export interface Replica {
  instance: string;
  /** Operations at the same time. */
  capacity: number;
}

/** The common goods beside the operations at the same time that replicas can run. */
export interface Common {
  /** Operations that may begin in a second, all units together. */
  rate?: number;
  /** How many there are of each counted resource. */
  counted?: Readonly<Record<string, number>>;
}

/** Columns: `[i]` is the i-th demand. */
export interface Bargain {
  /** Operations at the same time that are shared, and operations a second. */
  pool: number;
  rate: number | undefined;
  slots: Uint32Array;
  /** Operations a second that each may begin; 0 everywhere where there is no rate. */
  rates: Float64Array;
  /** Of each replica, in the order they were given: its slots of each unit. */
  dealt: Uint32Array[];
  /** The part of the pool that each replica is, 0 to 1. */
  parts: Float64Array;
  /** The goods that are used up: `operations`, `rate`, names of counted resources. */
  scarce: readonly string[];
  /** The debt to units without a whole slot, in scarce counted resources, for the next bargain. */
  credit: Float64Array;
}

/** A bargain and those who made it. */
export interface Made {
  demands: readonly UnitDemand[];
  replicas: readonly Replica[];
  bargain: Bargain;
}

/**
 * Shares what there is: first by what units want (minimums, then weighted dominant-resource fairness), then what is
 * left over, up to their caps, so that nothing lies idle that one could use. In whole slots, dealt out to the replicas:
 * no replica's grants are more than it can run, and a unit's are never more than its cap, nor what the counted
 * resources allow.
 * @param credit what each unit was owed by the bargain before
 */
export function bargain(
  demands: readonly UnitDemand[],
  replicas: readonly Replica[],
  { rate, counted = {} }: Common = {},
  credit: Float64Array = new Float64Array(demands.length),
): Bargain {
  const rooms = Uint32Array.from(replicas, ({ capacity }) => (capacity > 1 ? Math.floor(capacity * ROOM) : capacity));
  const pool = rooms.reduce((sum, room) => sum + room, 0);
  const parts = Float64Array.from(rooms, (room) => (pool === 0 ? 0 : room / pool));
  const n = demands.length;
  if (pool === 0 || n === 0) {
    const [slots, rates] = [new Uint32Array(n), new Float64Array(n)];
    const dealt = Array.from(rooms, () => new Uint32Array(n));
    return { pool, rate, slots, rates, dealt, parts, scarce: [], credit };
  }
  const things = Object.keys(counted);
  const names = ['operations', ...(rate === undefined ? [] : ['rate']), ...things];
  const pools = Float64Array.from([pool, ...(rate === undefined ? [] : [rate * ROOM]), ...Object.values(counted)]);
  const columns = columnsOf(demands, pool, rate !== undefined, things);
  const first = fairTasks(columns, pools);
  const { tasks } = fairTasks({ ...columns, minimum: first.tasks, most: columns.caps }, pools);
  const fits = fitting(columns.needs, pools, names.length - things.length, tasks);
  const slots = wholeSlots(tasks, columns.caps, fits, credit);
  const rates = new Float64Array(n);
  const owed = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const task = tasks[i] ?? 0;
    if (rate !== undefined) rates[i] = task * (columns.needs[i * names.length + 1] ?? 0);
    if (slots[i] === 0 && hasNeeds(demands[i])) owed[i] = Math.min(1, (credit[i] ?? 0) + task);
  }
  const scarce = names.filter((_, r) => first.full[r]);
  return { pool, rate, slots, rates, dealt: deal(slots, rooms), parts, scarce, credit: owed };
}

/** True where a unit without a slot may run nothing: it has all it may have, or it needs counted resources. */
export function isBound(demand: UnitDemand, slots: number): boolean {
  return hasNeeds(demand) || (demand.cap !== undefined && slots >= Math.floor(demand.cap));
}

function hasNeeds(demand: UnitDemand | undefined): boolean {
  for (const _ in demand?.needs) return true;
  return false;
}

function columnsOf(
  demands: readonly UnitDemand[],
  pool: number,
  rated: boolean,
  things: readonly string[],
): Bargainers & { caps: Float64Array } {
  const n = demands.length;
  const resources = 1 + Number(rated) + things.length;
  const needs = new Float64Array(n * resources);
  const column = () => new Float64Array(n);
  const [weight, minimum, most, caps] = [column(), column(), column(), column()];
  let i = 0;
  for (const demand of demands) {
    const cap = Math.min(demand.cap ?? pool, pool);
    weight[i] = demand.weight;
    minimum[i] = demand.minimum;
    most[i] = Math.min(demand.wants * GROWTH, cap);
    caps[i] = cap;
    let at = i * resources;
    needs[at++] = 1;
    if (rated) needs[at++] = demand.pace ?? 1;
    for (const thing of things) needs[at++] = demand.needs?.[thing] ?? 0;
    i++;
  }
  return { needs, weight, minimum, most, caps };
}

/**
 * Tells whether one more whole slot is within the counted resources, when every unit has the whole part of its tasks.
 */
function fitting(
  needs: Float64Array,
  pools: Float64Array,
  from: number,
  tasks: Float64Array,
): (unit: number) => boolean {
  const resources = pools.length;
  const left = Float64Array.from(pools);
  for (let i = 0; i < tasks.length; i++)
    for (let r = from; r < resources; r++)
      left[r] = (left[r] ?? 0) - Math.floor((tasks[i] ?? 0) + 1e-9) * (needs[i * resources + r] ?? 0);
  return (unit) => {
    for (let r = from; r < resources; r++) if ((needs[unit * resources + r] ?? 0) > (left[r] ?? 0) + 1e-9) return false;
    for (let r = from; r < resources; r++) left[r] = (left[r] ?? 0) - (needs[unit * resources + r] ?? 0);
    return true;
  };
}
