import type { Clock } from '@vsmcp/vsm';
import type { Bulkhead } from './bulkhead.js';
import { sleep } from './patience.js';

/**
 * Waits (ms) for a slot before an event is sent away: most calls take less, and the way through the broker takes a
 * second.
 */
const PATIENCE = [5, 20, 50];

/** One operation's place in its unit's share of concurrency. It may be left and entered again. */
export class Slot {
  readonly #bulkhead: Bulkhead;
  readonly #clock: Clock;
  readonly #draining: AbortSignal;
  readonly #unit: string;
  readonly #server: string;
  #leave: (() => void) | undefined;
  #began = false;
  #since = 0;
  #spent = 0;

  constructor(bulkhead: Bulkhead, clock: Clock, draining: AbortSignal, unit: string, server: string) {
    this.#bulkhead = bulkhead;
    this.#clock = clock;
    this.#draining = draining;
    this.#unit = unit;
    this.#server = server;
  }

  /** Milliseconds in the slot, as far as it has been left. */
  get spent(): number {
    return this.#spent;
  }

  /** False when the unit is past its share and stays so for a moment, or the service drains. */
  async enter(): Promise<boolean> {
    this.#leave ??= this.#try();
    if (this.#leave === undefined) await this.#wait();
    this.#since = this.#clock.now();
    return this.#leave !== undefined;
  }

  async #wait(): Promise<void> {
    const end = this.#bulkhead.wait(this.#unit, this.#clock.now());
    if (end === undefined) return;
    for (const wait of PATIENCE) {
      if (this.#leave !== undefined) break;
      // It rejects when the service drains; then there is no slot either.
      await sleep(this.#clock, wait, this.#draining).catch(() => undefined);
      if (this.#draining.aborted) break;
      this.#leave = this.#try();
    }
    end(this.#leave !== undefined, this.#clock.now());
  }

  #try(): (() => void) | undefined {
    const leave = this.#bulkhead.enter(this.#unit, this.#server, this.#clock.now(), this.#began);
    this.#began ||= leave !== undefined;
    return leave;
  }

  leave(): void {
    if (this.#leave === undefined) return;
    this.#leave();
    this.#leave = undefined;
    this.#spent += this.#clock.now() - this.#since;
  }
}
