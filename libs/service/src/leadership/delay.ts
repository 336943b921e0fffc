import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** ms between two looks at the event loop. */
const RESOLUTION = 100;
/** ms after which a delay counts as past; it counts for one to two such windows. */
const WINDOW = 60_000;
/** Longest delay (ms) that is allowed for: a process that vanishes keeps its leases longer by so much. */
const MOST = 10_000;

/**
 * The longest time for which the event loop of this thread was lately kept from running (ms, at most 10 s). A leader
 * whose thread is slow is also late when it must stop, so that its leases are asked for longer by as much.
 */
export class LoopDelay {
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  #since: number;
  #before = 0;

  constructor(now: number) {
    this.#since = now;
    this.#loop.enable();
  }

  read(now: number): number {
    const lately = this.#lately();
    const delay = Math.min(MOST, Math.max(this.#before, lately));
    if (now - this.#since >= WINDOW) {
      this.#before = lately;
      this.#since = now;
      this.#loop.reset();
    }
    return Math.round(delay);
  }

  close(): void {
    this.#loop.disable();
  }

  #lately(): number {
    return this.#loop.count === 0 ? 0 : Math.max(0, this.#loop.max / 1e6 - RESOLUTION);
  }
}
