import { Distinct } from './distinct.js';

/** Content of a windowed counter: exact counts for the names it keeps, one sum for all others. */
export interface Counted {
  /** ms since the epoch: what is counted happened in [from, to]. */
  from: number;
  to: number;
  total: number;
  /** Name → events, exact within the window. */
  counts: ReadonlyMap<string, number>;
  /** Names that found no room: their events exactly, their number estimated (within about 1 %). */
  others: { events: number; names: number };
}

interface Bucket {
  /** Start, in whole bucket widths since the epoch. */
  tick: number;
  counts: Float64Array;
  others: number;
  names: Distinct;
}

/**
 * Counts events by name over the last `window` ms in time buckets, in memory that does not depend on how many names
 * there are. A name keeps its place while it has an event in the window; when all places are taken, new names go to
 * `others` until one falls free, so no count is ever partly wrong. The window moves by whole buckets.
 */
export class WindowedCounter {
  readonly #width: number;
  readonly #most: number;
  readonly #buckets: Bucket[];
  readonly #places = new Map<string, number>();
  readonly #names: (string | undefined)[];
  readonly #free: number[] = [];
  readonly #sums: Float64Array;
  #current: Bucket;
  #ends = 0;

  /** @param most names kept exactly (16 bytes × buckets for two of them) */
  constructor({ window, buckets, most, now }: { window: number; buckets: number; most: number; now: number }) {
    if (buckets < 1 || window < buckets) throw new RangeError('a window needs at least one bucket of at least 1 ms');
    this.#width = window / buckets;
    this.#most = most;
    this.#sums = new Float64Array(most);
    this.#names = new Array<string | undefined>(most);
    for (let place = most - 1; place >= 0; place--) this.#free.push(place);
    this.#buckets = Array.from({ length: buckets }, () => ({
      tick: -1,
      counts: new Float64Array(most),
      others: 0,
      names: new Distinct(),
    }));
    this.#current = this.#move(now);
  }

  /** Adds `count` events of one name. `now` must not go back by more than the window. */
  add(name: string, count: number, now: number): void {
    if (now >= this.#ends) this.#current = this.#move(now);
    const bucket = this.#current;
    const place = this.#places.get(name) ?? this.#take(name);
    if (place === undefined) {
      bucket.others += count;
      bucket.names.add(name);
      return;
    }
    bucket.counts[place] = (bucket.counts[place] ?? 0) + count;
    this.#sums[place] = (this.#sums[place] ?? 0) + count;
  }

  /** Adds a batch: name → events. */
  addAll(batch: Iterable<readonly [string, number]>, now: number): void {
    for (const [name, count] of batch) this.add(name, count, now);
  }

  read(now: number): Counted {
    if (now >= this.#ends) this.#current = this.#move(now);
    const counts = new Map<string, number>();
    let total = 0;
    for (const [name, place] of this.#places) {
      const sum = this.#sums[place] ?? 0;
      counts.set(name, sum);
      total += sum;
    }
    const names = new Distinct();
    let events = 0;
    for (const bucket of this.#buckets) {
      if (bucket.others === 0) continue;
      events += bucket.others;
      names.merge(bucket.names);
    }
    const oldest = (this.#current.tick - this.#buckets.length + 1) * this.#width;
    return {
      from: oldest,
      to: now,
      total: total + events,
      counts,
      others: { events, names: events === 0 ? 0 : names.estimate() },
    };
  }

  #take(name: string): number | undefined {
    const place = this.#free.pop();
    if (place === undefined) return undefined;
    this.#places.set(name, place);
    this.#names[place] = name;
    return place;
  }

  /** Goes to the bucket of `now`, emptying what the window has left behind. */
  #move(now: number): Bucket {
    const tick = Math.floor(now / this.#width);
    let emptied = false;
    for (const bucket of this.#buckets) {
      if (bucket.tick < 0 || bucket.tick > tick - this.#buckets.length) continue;
      this.#empty(bucket);
      emptied = true;
    }
    if (emptied) this.#release();
    this.#ends = (tick + 1) * this.#width;
    const bucket = this.#buckets[tick % this.#buckets.length];
    if (bucket === undefined) throw new RangeError(`time ${now} is before the epoch`);
    bucket.tick = tick;
    return bucket;
  }

  #empty(bucket: Bucket): void {
    for (let place = 0; place < this.#most; place++) {
      const count = bucket.counts[place] ?? 0;
      if (count !== 0) this.#sums[place] = (this.#sums[place] ?? 0) - count;
    }
    bucket.counts.fill(0);
    bucket.names.clear();
    bucket.others = 0;
    bucket.tick = -1;
  }

  #release(): void {
    for (let place = 0; place < this.#most; place++) {
      const name = this.#names[place];
      if (name === undefined || this.#sums[place] !== 0) continue;
      this.#places.delete(name);
      this.#names[place] = undefined;
      this.#free.push(place);
    }
  }
}
