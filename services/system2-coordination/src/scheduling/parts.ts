import type { RateLimit } from '@vsmcp/vsm';

/**
 * A rate is dealt out in at most this many parts, so that a newcomer waits for one of them and not for the whole time.
 */
const PARTS = 10;
/** The most calls that one response makes. */
const MOST_CALLS = 5;

/**
 * How many calls a rate has room for now. It is dealt out in parts: what keeps to each part keeps to the whole. Times
 * in ms since the epoch.
 */
export class Parts {
  /** Calls of a part, and its time, ms. */
  readonly part: RateLimit;
  /** Calls that still count. */
  #taken: { calls: number; until: number }[] = [];
  /** When the last of them no longer counts. */
  #free = Number.NEGATIVE_INFINITY;

  /** @param notBefore no call before this instant: those of an earlier leader may still count */
  constructor(rate: RateLimit, notBefore: number) {
    this.part = partOf(rate);
    if (notBefore <= 0) return;
    this.#taken.push({ calls: this.part.calls, until: notBefore });
    this.#free = notBefore;
  }

  /** Milliseconds for which the calls of a leader that is gone may still count. */
  static settling(rate: RateLimit): number {
    const part = partOf(rate);
    return part.per * Math.ceil(MOST_CALLS / part.calls);
  }

  /**
   * True where there is room. More calls than a part has, for a response of several steps, have quiet before and after
   * them.
   */
  fits(calls: number, now: number): boolean {
    this.#taken = this.#taken.filter(({ until }) => until > now);
    const { calls: most, per } = this.part;
    if (calls > most) return this.#taken.length === 0 && now >= this.#free + per * (Math.ceil(calls / most) - 1);
    return this.#taken.reduce((sum, taken) => sum + taken.calls, 0) + calls <= most;
  }

  take(calls: number, now: number): void {
    const until = now + this.part.per * Math.ceil(calls / this.part.calls);
    this.#taken.push({ calls, until });
    this.#free = Math.max(this.#free, until);
  }
}

/** The largest whole part of the calls that divides them, and its part of the time. */
function partOf({ calls, per }: RateLimit): RateLimit {
  let part = Math.max(1, Math.floor(calls / PARTS));
  while (calls % part !== 0) part -= 1;
  return { calls: part, per: (per * part) / calls };
}
