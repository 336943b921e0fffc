import type { Clock, RetryDelay } from '@vsmcp/vsm';
import type { ConsumeMessage, Queue, Consumer as SmqpConsumer } from 'smqp';
import { type Acknowledger, DeliveryDispatcher } from '../dispatcher.js';
import { type BusLog, type BusStats, type Consumer, DONE, type Handler } from '../nervous-system.js';
import type { SignatureCheck } from '../signing/signature-check.js';
import type { Line } from './line.js';
import type { Stored } from './stored.js';

const DELIVERIES = 'deliveries';
/** Wait (ms) before a message that cannot die is handed out again. */
const PATIENCE = 1000;

export interface Around {
  queue: string;
  stats: BusStats;
  log: BusLog;
  signatures: SignatureCheck | undefined;
  clock: Clock;
  /** Deliveries after which a message is poison. */
  limit: number;
  bury(message: Stored, reason: string): boolean;
  /** Of an ordered queue, which one consumer takes from at a time. */
  line?: Line;
  /** Absent where the queue has no delays. */
  returnLater?(message: Stored, delay: RetryDelay): void;
  ended(): void;
}

/** One subscription: takes from an smqp queue, at most `prefetch` at a time. */
export class MemoryConsumer implements Consumer {
  /** Absent while another is before it in the line. */
  #consumer: SmqpConsumer | undefined;
  readonly #begin: () => void;
  #leave: () => void = () => {};
  readonly #dispatcher: DeliveryDispatcher;
  readonly #around: Around;
  readonly #held = new Set<ConsumeMessage>();
  #abandoned: (() => void) | undefined;
  #over = false;
  #stopping: Promise<void> | undefined;

  constructor(queue: Queue, handler: Handler, prefetch: number, around: Around) {
    this.#around = around;
    this.#dispatcher = new DeliveryDispatcher(this.#inOwnTurn(handler), around);
    this.#begin = () => {
      this.#consumer = queue.consume((_key, message) => this.#take(message), { prefetch });
    };
    if (around.line) this.#leave = around.line.enter(this.#begin);
    else this.#begin();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  /** Ends at once: what is in flight goes back into the queue. */
  abandon(): void {
    this.#consumer?.cancel({ keepPending: true });
    this.#release();
    this.#around.ended();
    this.#abandoned?.();
  }

  /** Puts back what was not settled, each in its place, and lets the next in the line begin. */
  #release(): void {
    this.#over = true;
    this.#putBack();
    this.#leave();
  }

  #putBack(): void {
    for (const message of this.#held) message.nack(false, true);
    this.#held.clear();
  }

  /**
   * One alone put back would come after those that are here already: all of an ordered queue go back, and come again.
   */
  async #startOver(): Promise<void> {
    this.#consumer?.cancel({ keepPending: true });
    this.#putBack();
    await new Promise<void>((resolve) => this.#around.clock.after(PATIENCE, resolve));
    if (!this.#stopping && !this.#over) this.#begin();
  }

  async #end(): Promise<void> {
    const abandoned = new Promise<void>((resolve) => {
      this.#abandoned = resolve;
    });
    this.#consumer?.cancel({ keepPending: true });
    await Promise.race([this.#dispatcher.idle(), abandoned]);
    this.#release();
    this.#around.ended();
  }

  /**
   * Handlers start in a turn of their own: a publish never runs its receivers, and timers and sockets get their share.
   */
  #inOwnTurn(handler: Handler): Handler {
    return async (delivery) => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      return this.#over ? DONE : handler(delivery);
    };
  }

  #take(message: ConsumeMessage): void {
    this.#held.add(message);
    const stored: Stored = message.content;
    const delivery = { ...stored, redelivered: message.fields.redelivered === true };
    // Nobody can put anything into a queue here but by publishing, so that only what was put off has attempts.
    const way = delivery.attempts > 0 ? 'again' : 'straight';
    void this.#dispatcher.dispatch(delivery, this.#acknowledgerOf(message, stored), way);
  }

  #acknowledgerOf(message: ConsumeMessage, stored: Stored): Acknowledger {
    const ack = (): void => {
      if (this.#held.delete(message)) message.ack();
    };
    const dead = async (reason: string): Promise<void> => {
      if (!this.#held.has(message)) return;
      this.#around.bury(stored, reason);
      ack();
    };
    return {
      ack,
      dead,
      later: async (delay, attempts, headers) => {
        const { returnLater } = this.#around;
        if (!returnLater) return dead(`${this.#around.queue} has no delay queues to come back from`);
        if (!this.#held.has(message)) return;
        returnLater({ ...stored, attempts, headers: { ...stored.headers, ...headers } }, delay);
        ack();
      },
      again: async (reason) => {
        const deliveries = Number(message.properties[DELIVERIES] ?? 0) + 1;
        if (deliveries >= this.#around.limit) {
          this.#around.stats.dead++;
          return dead(`delivered ${deliveries} times, at last: ${reason}`);
        }
        message.properties[DELIVERIES] = deliveries;
        if (this.#around.limit === Number.POSITIVE_INFINITY) {
          await new Promise<void>((resolve) => this.#around.clock.after(PATIENCE, resolve));
        }
        if (this.#around.line && this.#held.has(message)) void this.#startOver();
        else if (this.#held.delete(message)) message.nack(false, true);
      },
    };
  }
}
