import { at, Levels } from './levels.js';

/**
 * The units' side of the bargain, a column for each figure. A task is the thing a unit is given more or less of, such
 * as one operation at a time.
 */
export interface Bargainers {
  /**
   * How much of each resource one task takes: `needs[i * pools + r]` of unit i and resource r; of each unit at least
   * one is above 0.
   */
  needs: Float64Array;
  weight: Float64Array;
  /** Tasks that it has in any case, as far as all minimums fit. */
  minimum: Float64Array;
  /** Tasks beyond which more would be of no use to it, or is not allowed. */
  most: Float64Array;
}

export interface Shared {
  /** Tasks of each unit, not rounded. */
  tasks: Float64Array;
  /** True for each resource that is used up, so that a unit that needs it has no more. */
  full: boolean[];
}

/**
 * Weighted dominant-resource fairness: tasks are raised together so that the units' dominant shares per weight stay
 * equal, until a unit has all it can use or a resource that it needs is used up (progressive filling; Ghodsi et al.,
 * Dominant Resource Fairness, NSDI 2011, §4; with one resource it is weighted max-min). Minimums come first; where they
 * do not fit together they shrink alike.
 * @param pools how much there is of each resource, above 0
 * @returns for each resource the sum of what the tasks take is at most its pool
 */
export function fairTasks(units: Bargainers, pools: Float64Array): Shared {
  const filling = new Filling(units, pools);
  filling.raise();
  return { tasks: filling.within(), full: filling.full };
}

/** The level is the dominant share per weight that all have which are still raised. */
class Filling {
  readonly #needs: Float64Array;
  readonly #pools: Float64Array;
  readonly #pace: Float64Array;
  readonly #start: Float64Array;
  readonly #stop: Float64Array;
  readonly #most: Float64Array;
  readonly #tasks: Float64Array;
  readonly #levels: Levels;

  constructor({ needs, weight, minimum, most }: Bargainers, pools: Float64Array) {
    const n = weight.length;
    const resources = pools.length;
    this.#needs = needs;
    this.#pools = pools;
    this.#most = most;
    this.#pace = new Float64Array(n);
    this.#start = new Float64Array(n);
    this.#stop = new Float64Array(n);
    this.#tasks = new Float64Array(n);
    for (let i = 0; i < n; i++) this.#tasks[i] = Math.min(at(minimum, i), at(most, i));
    this.#shrinkMinimums();
    for (let i = 0; i < n; i++) {
      let dominant = 0;
      for (let r = 0; r < resources; r++) dominant = Math.max(dominant, at(needs, i * resources + r) / at(pools, r));
      const pace = at(weight, i) / dominant;
      this.#pace[i] = pace;
      this.#start[i] = at(this.#tasks, i) / pace;
      this.#stop[i] = at(most, i) / pace;
    }
    this.#levels = new Levels({ needs, pace: this.#pace, start: this.#start, stop: this.#stop }, pools);
  }

  get full(): boolean[] {
    return this.#levels.full;
  }

  raise(): void {
    let level = 0;
    while (this.#levels.rising.length > 0) {
      level = this.#levels.nextFull(level);
      if (level === Number.POSITIVE_INFINITY) this.#finish(level, () => true);
      else this.#fill(level);
    }
  }

  /** Rounding may have left sums a little above a pool. */
  within(): Float64Array {
    const sums = this.#sums();
    const part = Float64Array.from(sums, (sum, r) => (sum > at(this.#pools, r) ? at(this.#pools, r) / sum - SAFE : 1));
    if (part.every((p) => p === 1)) return this.#tasks;
    const resources = part.length;
    for (let i = 0; i < this.#tasks.length; i++) {
      let least = 1;
      for (let r = 0; r < resources; r++)
        if (at(this.#needs, i * resources + r) > 0) least = Math.min(least, at(part, r));
      this.#tasks[i] = at(this.#tasks, i) * least;
    }
    return this.#tasks;
  }

  #shrinkMinimums(): void {
    const sums = this.#sums();
    let part = 1;
    for (let r = 0; r < sums.length; r++) if (at(sums, r) > 0) part = Math.min(part, at(this.#pools, r) / at(sums, r));
    if (part < 1) for (let i = 0; i < this.#tasks.length; i++) this.#tasks[i] = at(this.#tasks, i) * part;
  }

  #sums(): Float64Array {
    const [needs, tasks, resources] = [this.#needs, this.#tasks, this.#pools.length];
    const sums = new Float64Array(resources);
    for (let i = 0; i < tasks.length; i++)
      for (let r = 0; r < resources; r++) sums[r] = at(sums, r) + at(tasks, i) * at(needs, i * resources + r);
    return sums;
  }

  /** Goes to the level; units that need a resource used up there rise no more. */
  #fill(level: number): void {
    const any = this.#levels.fill(level);
    const { full } = this.#levels;
    const resources = full.length;
    this.#finish(level, (i) => {
      // By rounding none may be quite used up where one should be: then nothing more is to be had either.
      if (!any) return true;
      for (let r = 0; r < resources; r++) if (full[r] && at(this.#needs, i * resources + r) > 0) return true;
      return level >= at(this.#stop, i);
    });
  }

  /** Those stay at what the level gives them. */
  #finish(level: number, isDone: (unit: number) => boolean): void {
    const { fixed } = this.#levels;
    const resources = fixed.length;
    this.#levels.rising = this.#levels.rising.filter((i) => {
      if (!isDone(i)) return true;
      if (level >= at(this.#stop, i)) this.#tasks[i] = at(this.#most, i);
      else if (level > at(this.#start, i)) this.#tasks[i] = Math.min(at(this.#pace, i) * level, at(this.#most, i));
      const tasks = at(this.#tasks, i);
      for (let r = 0; r < resources; r++) fixed[r] = at(fixed, r) + tasks * at(this.#needs, i * resources + r);
      return false;
    });
  }
}

const SAFE = 4 * Number.EPSILON;
