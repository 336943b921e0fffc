import { type Clock, type Ids, VsmError } from '@vsmcp/vsm';
import type { Delivery, Outgoing } from './message.js';
import type { Consumer, Handler, Subscription } from './nervous-system.js';
import { DONE } from './nervous-system.js';

type Question = Omit<Outgoing, 'channel' | 'replyTo' | 'correlationId'>;

/** The asker's side of request and reply, the same on every transport: one reply queue, made when first needed. */
export class Asking {
  readonly #waiting = new Map<string, (answer: Delivery) => void>();
  #replies: Promise<Consumer> | undefined;
  readonly #instance: string;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #subscribe: (subscription: Subscription, handler: Handler) => Promise<Consumer>;
  readonly #publish: (message: Outgoing) => Promise<void>;

  constructor(around: {
    instance: string;
    clock: Clock;
    ids: Ids;
    subscribe: (subscription: Subscription, handler: Handler) => Promise<Consumer>;
    publish: (message: Outgoing) => Promise<void>;
  }) {
    this.#instance = around.instance;
    this.#clock = around.clock;
    this.#ids = around.ids;
    this.#subscribe = around.subscribe;
    this.#publish = around.publish;
  }

  /** @param timeout milliseconds, from the call to the answer */
  async request(question: Question, timeout: number): Promise<Delivery> {
    const correlationId = this.#ids();
    let cancel = (): void => {};
    const answer = new Promise<Delivery>((resolve, reject) => {
      this.#waiting.set(correlationId, resolve);
      cancel = this.#clock.after(timeout, () =>
        reject(new VsmError('VSM_TIMEOUT', `no answer to ${question.key} in ${timeout} ms: is that system running?`)),
      );
    });
    try {
      return await Promise.race([answer, this.#send(question, correlationId, answer)]);
    } finally {
      cancel();
      this.#waiting.delete(correlationId);
    }
  }

  /** Rejects when the question cannot be sent; otherwise waits with the asker. */
  async #send(question: Question, correlationId: string, answer: Promise<Delivery>): Promise<Delivery> {
    await this.#listen();
    await this.#publish({
      ...question,
      channel: 'query',
      replyTo: this.#instance,
      correlationId,
      transient: true,
      mandatory: true,
    });
    return answer;
  }

  async #listen(): Promise<void> {
    this.#replies ??= this.#subscribe(
      { queue: { own: true, channel: 'reply', bind: [this.#instance] }, prefetch: 1000 },
      async (delivery) => {
        // An answer that nobody waits for came after its time.
        if (delivery.correlationId) this.#waiting.get(delivery.correlationId)?.(delivery);
        return DONE;
      },
    );
    try {
      await this.#replies;
    } catch (error) {
      this.#replies = undefined;
      throw error;
    }
  }
}

/** The answer to a delivery as it goes out. Throws VSM_EVENT for a delivery that nobody waits on. */
export function answerTo(to: Delivery, answer: Pick<Outgoing, 'content' | 'contentType' | 'headers'>): Outgoing {
  if (!to.replyTo) throw new VsmError('VSM_EVENT', `${to.key} asks for no answer: it has no replyTo`);
  return {
    ...answer,
    channel: 'reply',
    key: to.replyTo,
    transient: true,
    ...(to.correlationId !== undefined && { correlationId: to.correlationId }),
  };
}
