import { type RetryDelay, reasonOf } from '@vsmcp/vsm';
import type { Delivery } from './message.js';
import type { BusLog, BusStats, DeliveryResult, Handler } from './nervous-system.js';
import { NOT_SIGNED, sayRefusal } from './signing/refusal.js';
import type { SignatureCheck, Way } from './signing/signature-check.js';

/**
 * The way of a delivery through its handler, the same on both transports: its signature is checked, the handler runs,
 * and by its result the delivery is acknowledged, comes again, comes later, or dies.
 */

/** One delivery's ways back; each resolves when it is settled. */
export interface Acknowledger {
  ack(): void;
  /** Hands it out again, counted toward the poison limit. */
  again(reason: string): Promise<void>;
  /** @param headers set over the message's own */
  later(delay: RetryDelay, attempts: number, headers?: Readonly<Record<string, string>>): Promise<void>;
  dead(reason: string): Promise<void>;
}

/** The handlers of one subscription: what is in flight, and the end of it. */
export class DeliveryDispatcher {
  #inFlight = 0;
  #idle: (() => void)[] = [];
  readonly #handler: Handler;
  readonly #queue: string;
  readonly #stats: BusStats;
  readonly #log: BusLog;
  readonly #signatures: SignatureCheck | undefined;

  constructor(
    handler: Handler,
    around: { queue: string; stats: BusStats; log: BusLog; signatures: SignatureCheck | undefined },
  ) {
    this.#handler = handler;
    this.#signatures = around.signatures;
    this.#queue = around.queue;
    this.#stats = around.stats;
    this.#log = around.log;
  }

  /** Resolves when nothing is in flight. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Runs the handler and settles the delivery; never throws. */
  async dispatch(delivery: Delivery, acknowledger: Acknowledger, way: Way): Promise<void> {
    this.#inFlight++;
    this.#stats.inFlight++;
    this.#stats.delivered++;
    if (delivery.redelivered) this.#stats.redelivered++;
    try {
      await this.#settle(delivery, acknowledger, way);
    } catch (error) {
      // Not settled, so the broker still holds it and hands it out again.
      this.#log.warn({ queue: this.#queue, key: delivery.key, reason: reasonOf(error) }, 'a delivery was not settled');
    } finally {
      this.#stats.inFlight--;
      this.#inFlight--;
      if (this.#inFlight === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  async #settle(delivery: Delivery, acknowledger: Acknowledger, way: Way): Promise<void> {
    const admitted = this.#admit(delivery, way);
    if (!admitted) {
      this.#stats.dead++;
      return acknowledger.dead(NOT_SIGNED);
    }
    let handled: DeliveryResult;
    try {
      handled = await this.#handler(admitted);
    } catch (error) {
      this.#stats.failed++;
      this.#log.warn({ queue: this.#queue, key: delivery.key, reason: reasonOf(error) }, 'a handler failed');
      return acknowledger.again(reasonOf(error));
    }
    switch (handled.result) {
      case 'done':
        return acknowledger.ack();
      case 'keep':
        return;
      case 'later': {
        this.#stats.later++;
        const attempts = delivery.attempts + (handled.counted ? 1 : 0);
        const headers = { ...handled.headers, ...this.#signatures?.onward(delivery, attempts) };
        return acknowledger.later(handled.delay, attempts, headers);
      }
      case 'dead':
        this.#stats.dead++;
        return acknowledger.dead(handled.reason);
    }
  }

  /** The delivery as its handler may see it; undefined when no handler may. */
  #admit(delivery: Delivery, way: Way): Delivery | undefined {
    if (!this.#signatures) return delivery;
    const { delivery: admitted, refusal } = this.#signatures.inspect(delivery, way);
    if (refusal) {
      this.#log.warn(refusal, NOT_SIGNED);
      sayRefusal(refusal);
    }
    return admitted;
  }
}
