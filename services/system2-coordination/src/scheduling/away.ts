import type { RateLimit } from '@vsmcp/vsm';

/**
 * Times (ms) after which System 1 can ask again, the longest of them only while a server is closed: a request that
 * waits for a rate is wanted soon.
 */
const AGAIN = [300_000, 30_000, 5000, 1000];
const SOON = 30_000;
const SHORTEST = 1000;
/** Instants ahead (ms) at which there must be enough of them. */
const LOOKS = [1000, 5000, 10_000, 15_000, 20_000, 25_000, SOON];
/** A request that is later than it was told by so much (ms) does not come any more. */
const GONE = 90_000;

/** The requests of one unit that were told to ask again and have not yet. Times in ms since the epoch. */
export class Away {
  /** For each time of `AGAIN`, when those come that were told it: in order. */
  readonly #due = AGAIN.map((): number[] => []);

  count(now: number): number {
    this.#forget(now);
    return this.#due.reduce((sum, { length }) => sum + length, 0);
  }

  /** A request came: one of these, where one should be here by now. */
  came(now: number): void {
    const [earliest] = this.#due
      .filter(([due]) => due !== undefined && due <= now)
      .sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
    earliest?.shift();
  }

  /** One is sent away until the server opens. @returns ms after which it asks again: all are here just after that */
  untilOpen(now: number, opens: number): number {
    return this.#send(now, (ms) => ms <= opens - now);
  }

  /**
   * One is sent away because of the rate: for as long as those that are here or come before are enough to use all of
   * it, and no longer.
   * @param ahead those that stay here
   */
  inTurn(now: number, ahead: number, { calls, per }: RateLimit): number {
    this.#forget(now);
    const short = LOOKS.find((ms) => ahead + this.#before(now + ms) < Math.floor((ms * calls) / per)) ?? SOON + 1;
    return this.#send(now, (ms) => ms < short && ms <= SOON);
  }

  #send(now: number, suits: (ms: number) => boolean): number {
    const ms = AGAIN.find(suits) ?? SHORTEST;
    this.#due[AGAIN.indexOf(ms)]?.push(now + ms);
    return ms;
  }

  #before(instant: number): number {
    return this.#due.reduce((sum, list) => sum + countUntil(list, instant), 0);
  }

  #forget(now: number): void {
    for (const list of this.#due) list.splice(0, countUntil(list, now - GONE - 1));
  }
}

/** How many of a list in order are at most `instant`. */
function countUntil(list: readonly number[], instant: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) <= instant) low = middle + 1;
    else high = middle;
  }
  return low;
}
