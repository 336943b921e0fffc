/**
 * What the units bring into the bargain, a column for each figure. A task is what a unit is given more or less of, such as one operation at a
 * time.
 */
export interface Bargainers {
  /** How much of each resource one task takes: `needs[i * pools + r]` of unit i and resource r; of each unit at least one is above 0. */
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
  /** For each resource whether it is used up, so that who needs it has no more. */
  full: boolean[];
}

/**
 * Weighted dominant-resource fairness: tasks are raised together so that the units' dominant shares per weight stay equal, until a unit has
 * all it can use or a resource that it needs is used up (progressive filling; Ghodsi et al., Dominant Resource Fairness, NSDI 2011, §4;
 * with one resource it is weighted max-min). Minimums come first; where they do not fit together they shrink alike.
 * @param pools how much there is of each resource, above 0
 * @returns for each resource the sum of what the tasks take is at most its pool
 */
export function fairTasks(units: Bargainers, pools: Float64Array): Shared {
  const filling = new Filling(units, pools);
  filling.raise();
  return { tasks: filling.within(), full: filling.full };
}

/**
 * The level is the dominant share per weight that all have which are still raised. What the units take of a resource grows with it, and
 * linearly as long as none begins or stops. The level at which a resource is used up is looked for by Newton's method within a bracket that
 * each look makes smaller, and is exact once nothing bends before it: some looks of O(units × resources) for each resource, without sorting.
 */
class Filling {
  readonly #needs: Float64Array;
  readonly #pools: Float64Array;
  /** Tasks a level unit brings a unit. */
  readonly #pace: Float64Array;
  /** The levels at which each begins to rise (its minimum), and at which it has the most it can use. */
  readonly #start: Float64Array;
  readonly #stop: Float64Array;
  readonly #most: Float64Array;
  readonly #tasks: Float64Array;
  /** Units that are still raised, and how much those that are not take of each resource. */
  #rising: Uint32Array;
  readonly #fixed: Float64Array;
  /** Of each resource at the level last looked at: what is taken, and how fast that grows with the level; and where that bends next. */
  readonly #taken: Float64Array;
  readonly #growth: Float64Array;
  #bend = 0;
  readonly full: boolean[];

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
    this.#rising = new Uint32Array(n);
    this.#fixed = new Float64Array(resources);
    this.#taken = new Float64Array(resources);
    this.#growth = new Float64Array(resources);
    this.full = Array.from(pools, () => false);
    for (let i = 0; i < n; i++) {
      this.#tasks[i] = Math.min(at(minimum, i), at(most, i));
      this.#rising[i] = i;
    }
    this.#shrinkMinimums();
    for (let i = 0; i < n; i++) {
      let dominant = 0;
      for (let r = 0; r < resources; r++) dominant = Math.max(dominant, at(needs, i * resources + r) / at(pools, r));
      const pace = at(weight, i) / dominant;
      this.#pace[i] = pace;
      this.#start[i] = at(this.#tasks, i) / pace;
      this.#stop[i] = at(most, i) / pace;
    }
  }

  raise(): void {
    let level = 0;
    while (this.#rising.length > 0) {
      const next = this.#nextFull(level);
      if (next === Number.POSITIVE_INFINITY) this.#finish(next, () => true);
      else this.#fill(next);
      level = next;
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

  /** The level from `low` on at which the next resource is used up; Infinity where all come to their most before. */
  #nextFull(low: number): number {
    let from = low;
    let high = Number.POSITIVE_INFINITY;
    this.#look(from);
    let guess = this.#levelAtWhichOneIsFull(from);
    let bend = this.#bend;
    let next = guess;
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      if (guess <= bend || bend === Number.POSITIVE_INFINITY) return guess;
      if (!(next > from && next < high) || looks % 4 === 3)
        next = high < Number.POSITIVE_INFINITY ? (from + high) / 2 : bend;
      if (next <= from || next >= high) return from;
      this.#look(next);
      const over = this.#isAnyOver();
      const root = this.#levelAtWhichOneIsFull(next);
      if (over) high = next;
      else [from, guess, bend] = [next, root, this.#bend];
      next = root;
    }
    return from;
  }

  /** Works out what is taken at a level, how fast that grows from there on, and up to where. */
  #look(level: number): void {
    const [needs, starts, stops, paces] = [this.#needs, this.#start, this.#stop, this.#pace];
    const [taken, growth, resources] = [this.#taken, this.#growth, this.#pools.length];
    let bend = Number.POSITIVE_INFINITY;
    taken.set(this.#fixed);
    growth.fill(0);
    for (const i of this.#rising) {
      const start = at(starts, i);
      const stop = at(stops, i);
      const pace = at(paces, i);
      const tasks = pace * Math.max(start, Math.min(level, stop));
      const grows = level >= start && level < stop;
      if (level < start) bend = Math.min(bend, start);
      else if (grows) bend = Math.min(bend, stop);
      for (let r = 0; r < resources; r++) {
        const need = at(needs, i * resources + r);
        taken[r] = at(taken, r) + need * tasks;
        if (grows) growth[r] = at(growth, r) + need * pace;
      }
    }
    this.#bend = bend;
  }

  #isAnyOver(): boolean {
    for (let r = 0; r < this.#pools.length; r++)
      if (!this.full[r] && at(this.#taken, r) >= at(this.#pools, r)) return true;
    return false;
  }

  /** As the growth is at the level last looked at; before that level where something is more than used up. */
  #levelAtWhichOneIsFull(level: number): number {
    let until = Number.POSITIVE_INFINITY;
    for (let r = 0; r < this.#pools.length; r++) {
      if (this.full[r]) continue;
      const left = at(this.#pools, r) * (1 - ALMOST) - at(this.#taken, r);
      if (at(this.#growth, r) > 0) until = Math.min(until, level + left / at(this.#growth, r));
      else if (left <= 0) until = Math.min(until, level);
    }
    return until;
  }

  /** Goes to the level and lets nobody rise any more who needs what is used up there. */
  #fill(level: number): void {
    this.#look(level);
    let any = false;
    for (let r = 0; r < this.#pools.length; r++) {
      if (this.full[r] || at(this.#taken, r) < at(this.#pools, r) * (1 - 2 * ALMOST)) continue;
      this.full[r] = true;
      any = true;
    }
    const resources = this.#pools.length;
    this.#finish(level, (i) => {
      // By rounding none may be quite used up where one should be: then nothing more is to be had either.
      if (!any) return true;
      for (let r = 0; r < resources; r++) if (this.full[r] && at(this.#needs, i * resources + r) > 0) return true;
      return level >= at(this.#stop, i);
    });
  }

  /** Those stay at what the level gives them. */
  #finish(level: number, isDone: (unit: number) => boolean): void {
    const resources = this.#pools.length;
    this.#rising = this.#rising.filter((i) => {
      if (!isDone(i)) return true;
      if (level >= at(this.#stop, i)) this.#tasks[i] = at(this.#most, i);
      else if (level > at(this.#start, i)) this.#tasks[i] = Math.min(at(this.#pace, i) * level, at(this.#most, i));
      const tasks = at(this.#tasks, i);
      for (let r = 0; r < resources; r++)
        this.#fixed[r] = at(this.#fixed, r) + tasks * at(this.#needs, i * resources + r);
      return false;
    });
  }
}

/** Halving that often leaves nothing between two numbers. */
const MOST_LOOKS = 200;
/** Parts of a pool that count as nothing, so that rounding leaves none half full. */
const ALMOST = 1e-11;
const SAFE = 4 * Number.EPSILON;

/** A figure of a column; the index is within it. */
function at(column: Float64Array, i: number): number {
  return column[i] ?? 0;
}
