/** What a unit brings into the bargain. A task is what the unit is given more or less of, such as one operation at a time. */
export interface Bargainer {
  /** How much of each resource one task takes, in the order of the pools; at least one is above 0. */
  needs: readonly number[];
  weight: number;
  /** Tasks that it has in any case, as far as all minimums fit. */
  minimum: number;
  /** Tasks beyond which more would be of no use to it, or is not allowed. */
  most: number;
}

/**
 * Weighted dominant-resource fairness: tasks are raised together so that the units' dominant shares per weight stay equal, until a unit has
 * all it can use or a resource that it needs is used up (progressive filling; Ghodsi et al., Dominant Resource Fairness, NSDI 2011, §4;
 * with one resource it is weighted max-min). Minimums come first; where they do not fit together they shrink alike.
 * @param pools how much there is of each resource, above 0
 * @returns tasks of each unit, not rounded; for each resource the sum of what they take is at most its pool
 */
export function fairTasks(bargainers: readonly Bargainer[], pools: readonly number[]): number[] {
  const fill = new Filling(bargainers, pools);
  fill.raise();
  return fill.tasks();
}

/** The level is the dominant share per weight that every unit has which is still being raised. */
class Filling {
  readonly #units: readonly Bargainer[];
  readonly #pools: readonly number[];
  /** Tasks a level unit brings a unit. */
  readonly #pace: number[];
  readonly #tasks: number[];
  readonly #state: ('below' | 'rising' | 'done')[];
  /** How much of each resource is taken at `#level`, and how fast that grows with it. */
  readonly #taken: number[];
  readonly #growth: number[];
  /** Rising units that need each resource: where there are none, its growth is none, whatever rounding left of it. */
  readonly #users: number[];
  /** Resources that are used up. */
  readonly #full = new Set<number>();
  #level = 0;

  constructor(units: readonly Bargainer[], pools: readonly number[]) {
    this.#units = units;
    this.#pools = pools;
    this.#pace = units.map(({ needs, weight }) => weight / Math.max(...needs.map((n, r) => n / (pools[r] ?? 1))));
    this.#tasks = units.map(({ minimum, most }) => Math.min(minimum, most));
    this.#shrinkMinimums();
    this.#state = units.map(() => 'below');
    this.#taken = this.#sums();
    this.#growth = pools.map(() => 0);
    this.#users = pools.map(() => 0);
  }

  raise(): void {
    // A unit begins to rise at the level that its minimum stands for, and stops at the most it can use.
    const starts = this.#byLevel(this.#tasks);
    const stops = this.#byLevel(this.#units.map(({ most }) => most));
    let start = 0;
    let stop = 0;
    this.#freezeUsers();
    for (;;) {
      while (this.#state[stops.units[stop] ?? -1] === 'done') stop++;
      while ((this.#state[starts.units[start] ?? -1] ?? 'below') !== 'below') start++;
      const starting = starts.units[start];
      const stopping = stops.units[stop];
      const startLevel = starting === undefined ? Infinity : (starts.levels[starting] ?? Infinity);
      const stopLevel = stopping === undefined ? Infinity : (stops.levels[stopping] ?? Infinity);
      const full = this.#levelAtWhichOneIsFull();
      const next = Math.min(startLevel, stopLevel);
      if (next === Infinity && full === Infinity) return;
      this.#goTo(Math.min(next, full));
      if (full <= next) this.#freezeUsers();
      else if (starting !== undefined && startLevel <= stopLevel) this.#start(starting);
      else if (stopping !== undefined) this.#finish(stopping, true);
    }
  }

  /** Rounding may have left sums a little above a pool. */
  tasks(): number[] {
    const sums = this.#sums();
    const over = sums.map((sum, r) => Math.min(1, (this.#pools[r] ?? 0) / sum));
    if (over.every((part) => !(part < 1))) return this.#tasks;
    return this.#tasks.map((tasks, i) => {
      const needs = this.#units[i]?.needs ?? [];
      return tasks * Math.min(1, ...over.filter((_, r) => (needs[r] ?? 0) > 0)) * (1 - Number.EPSILON * 4);
    });
  }

  #shrinkMinimums(): void {
    const sums = this.#sums();
    const part = Math.min(1, ...sums.map((sum, r) => (sum > 0 ? (this.#pools[r] ?? 0) / sum : 1)));
    if (part < 1) for (const [i, tasks] of this.#tasks.entries()) this.#tasks[i] = tasks * part;
  }

  #sums(): number[] {
    const sums = this.#pools.map(() => 0);
    for (const [i, tasks] of this.#tasks.entries())
      for (const [r, need] of (this.#units[i]?.needs ?? []).entries()) sums[r] = (sums[r] ?? 0) + tasks * need;
    return sums;
  }

  /** The level at which each unit has so many tasks, and the units in the order of it. */
  #byLevel(tasks: readonly number[]): { levels: Float64Array; units: Uint32Array } {
    const levels = Float64Array.from(tasks, (n, unit) => n / (this.#pace[unit] ?? 1));
    const units = Uint32Array.from(tasks, (_, unit) => unit);
    return { levels, units: units.sort((a, b) => Math.sign((levels[a] ?? 0) - (levels[b] ?? 0)) || 0) };
  }

  #levelAtWhichOneIsFull(): number {
    let level = Infinity;
    for (let r = 0; r < this.#pools.length; r++) {
      const growth = this.#growth[r] ?? 0;
      if ((this.#users[r] ?? 0) === 0 || growth <= 0) continue;
      level = Math.min(level, this.#level + Math.max(0, (this.#pools[r] ?? 0) - (this.#taken[r] ?? 0)) / growth);
    }
    return level;
  }

  #goTo(level: number): void {
    const by = level - this.#level;
    if (by <= 0) return;
    for (let r = 0; r < this.#pools.length; r++)
      if ((this.#users[r] ?? 0) > 0) this.#taken[r] = (this.#taken[r] ?? 0) + (this.#growth[r] ?? 0) * by;
    this.#level = level;
  }

  #start(unit: number): void {
    this.#state[unit] = 'rising';
    this.#grow(unit, 1);
  }

  /** @param sated it has the most it can use; else what the level gives it */
  #finish(unit: number, sated: boolean): void {
    if (this.#state[unit] === 'rising') {
      this.#grow(unit, -1);
      this.#tasks[unit] = sated ? (this.#units[unit]?.most ?? 0) : this.#level * (this.#pace[unit] ?? 0);
    }
    this.#state[unit] = 'done';
  }

  #grow(unit: number, sign: 1 | -1): void {
    const needs = this.#units[unit]?.needs ?? [];
    for (let r = 0; r < needs.length; r++) {
      const need = needs[r] ?? 0;
      if (need === 0) continue;
      this.#growth[r] = (this.#growth[r] ?? 0) + sign * need * (this.#pace[unit] ?? 0);
      this.#users[r] = (this.#users[r] ?? 0) + sign;
    }
  }

  /** Nobody who needs a resource that is used up is raised any more. */
  #freezeUsers(): void {
    const full = this.#pools.flatMap((pool, r) => (isFull(this.#taken[r] ?? 0, pool) && !this.#full.has(r) ? [r] : []));
    for (const r of full) {
      this.#full.add(r);
      for (const [i, unit] of this.#units.entries())
        if (this.#state[i] !== 'done' && (unit.needs[r] ?? 0) > 0) this.#finish(i, false);
    }
  }
}

const isFull = (taken: number, pool: number): boolean => taken >= pool * (1 - 1e-12);
