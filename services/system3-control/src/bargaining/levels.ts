/** The units that are raised, a column for each figure. */
export interface Rising {
  /** `needs[i * pools + r]` of unit i and resource r. */
  needs: Float64Array;
  /** Tasks a level unit brings a unit. */
  pace: Float64Array;
  /** The levels at which each begins to rise (its minimum), and at which it has the most it can use. */
  start: Float64Array;
  stop: Float64Array;
}

/**
 * The units' use of each resource, as the level rises. It grows with the level, and linearly as long as none begins or
 * stops. The level at which a resource is used up is looked for by Newton's method within a bracket that each look
 * makes smaller, and is exact once nothing bends before it: some looks of O(units × resources), without sorting.
 */
export class Levels {
  readonly #of: Rising;
  readonly #pools: Float64Array;
  /** Units that are still raised, and how much those that are not take of each resource. */
  rising: Uint32Array;
  readonly fixed: Float64Array;
  /**
   * Of each resource at the level last looked at: what is taken, and how fast that grows with the level; and where that
   * bends next.
   */
  readonly #taken: Float64Array;
  readonly #growth: Float64Array;
  #bend = 0;
  /** Which resources are used up. */
  readonly full: boolean[];

  constructor(of: Rising, pools: Float64Array) {
    this.#of = of;
    this.#pools = pools;
    this.rising = new Uint32Array(of.pace.length);
    for (let i = 0; i < this.rising.length; i++) this.rising[i] = i;
    this.fixed = new Float64Array(pools.length);
    this.#taken = new Float64Array(pools.length);
    this.#growth = new Float64Array(pools.length);
    this.full = Array.from(pools, () => false);
  }

  /** The level from `low` on at which the next resource is used up; Infinity where all come to their most before. */
  nextFull(low: number): number {
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

  /**
   * Goes to the level.
   * @returns whether any resource is used up there that was not before; it is among the full ones now
   */
  fill(level: number): boolean {
    this.#look(level);
    let any = false;
    for (let r = 0; r < this.#pools.length; r++) {
      if (this.full[r] || at(this.#taken, r) < at(this.#pools, r) * (1 - 2 * ALMOST)) continue;
      this.full[r] = true;
      any = true;
    }
    return any;
  }

  /** Works out what is taken at a level, how fast that grows from there on, and up to where. */
  #look(level: number): void {
    const { needs, start: starts, stop: stops, pace: paces } = this.#of;
    const [taken, growth, resources, rising] = [this.#taken, this.#growth, this.#pools.length, this.rising];
    let bend = Number.POSITIVE_INFINITY;
    taken.set(this.fixed);
    growth.fill(0);
    // By index, and without lists: this is where the bargain of many units spends its time.
    for (let k = 0; k < rising.length; k++) {
      const i = rising[k] ?? 0;
      const start = at(starts, i);
      const stop = at(stops, i);
      const pace = at(paces, i);
      const needed = i * resources;
      let tasks = pace * start;
      if (level < start) {
        if (start < bend) bend = start;
      } else if (level < stop) {
        if (stop < bend) bend = stop;
        tasks = pace * level;
        for (let r = 0; r < resources; r++) growth[r] = at(growth, r) + at(needs, needed + r) * pace;
      } else tasks = pace * Math.max(start, stop);
      for (let r = 0; r < resources; r++) taken[r] = at(taken, r) + at(needs, needed + r) * tasks;
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
}

/** Halving that often leaves nothing between two numbers. */
const MOST_LOOKS = 200;
/** Parts of a pool that count as nothing, so that rounding leaves none half full. */
const ALMOST = 1e-11;

/** A figure of a column; the index is within it. */
export function at(column: Float64Array, i: number): number {
  return column[i] ?? 0;
}
