import { type Clock, DELIVERY_LIMIT, type Ids, reasonOf, VsmError } from '@vsmcp/vsm';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { type Acknowledger, DeliveryDispatcher } from '../dispatcher.js';
import type { BusLog, BusStats, Consumer, Handler } from '../nervous-system.js';
import { SignatureCheck } from '../signing/signature-check.js';
import type { Signer } from '../signing/signer.js';
import { isFinal, openChannel } from './declare.js';
import type { Attachment } from './link.js';
import { againPacket, bareDeadPacket, deadPacket, laterPacket, type Packet } from './packet.js';
import { type Received, receive } from './receive.js';
import type { Source } from './source.js';

/** Pauses (ms) before a consumer that lost its channel tries again: the first, and the longest. */
const PAUSE = 100;
const LONGEST_PAUSE = 5000;
/** Wait (ms) before a message that cannot be buried or put off is handed out again. */
const PATIENCE = 1000;

export interface ConsumerOptions {
  path: string;
  instance: string;
  signer?: Signer | undefined;
  prefetch: number;
  clock: Clock;
  ids: Ids;
  log: BusLog;
  stats: BusStats;
  publish(packet: Packet): Promise<void>;
  ended(consumer: AmqpConsumer): void;
}

/**
 * One subscription, on a channel of its own; consumes again on every new connection, and when its queue or channel is
 * lost.
 */
export class AmqpConsumer implements Consumer, Attachment {
  readonly ready: Promise<void>;
  #isReady: () => void = () => {};
  #hasFailed: (error: VsmError) => void = () => {};
  #model: ChannelModel | undefined;
  #channel: Channel | undefined;
  #tag: string | undefined;
  #trouble: string | undefined = 'not consuming yet';
  #failures = 0;
  #stopping: Promise<void> | undefined;
  #giveUp: () => void = () => {};
  readonly #givenUp = new Promise<void>((resolve) => {
    this.#giveUp = resolve;
  });
  readonly #source: Source;
  readonly #dispatcher: DeliveryDispatcher;
  readonly #around: ConsumerOptions;

  constructor(source: Source, handler: Handler, around: ConsumerOptions) {
    this.#source = source;
    this.#around = around;
    const { signer, path, instance } = around;
    const { name: queue, channel } = source;
    const signatures = signer && new SignatureCheck({ signer, path, instance, channel, queue });
    this.#dispatcher = new DeliveryDispatcher(handler, { ...around, queue, signatures });
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = resolve;
      this.#hasFailed = reject;
    });
    // Whoever subscribes awaits it; a close before that must not end the process.
    this.ready.catch(() => {});
  }

  /** Reason why it does not consume, where it should. */
  get trouble(): string | undefined {
    return this.#trouble && `${this.#source.name} is not consumed: ${this.#trouble}`;
  }

  async attach(model: ChannelModel): Promise<void> {
    this.#model = model;
    await this.#consume(model);
  }

  detach(): void {
    this.#model = undefined;
    this.#channel = undefined;
    this.#trouble = 'no connection';
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  /** Ends at once: the broker hands out again what is in flight. */
  abandon(): void {
    this.#hasFailed(new VsmError('VSM_BROKER', `closed before ${this.#source.name} was consumed`));
    this.#giveUp();
  }

  async #end(): Promise<void> {
    this.#around.ended(this);
    const channel = this.#channel;
    // The next consumer of an ordered queue would begin while ours are still in flight: it waits until the channel is
    // closed.
    if (channel && this.#tag && !this.#source.ordered) await this.#quietly(channel.cancel(this.#tag));
    await Promise.race([this.#dispatcher.idle(), this.#givenUp]);
    this.#channel = undefined;
    this.#model = undefined;
    if (channel) await this.#quietly(channel.close());
  }

  /** A channel that is gone already has nothing left to be told. */
  async #quietly(closing: Promise<unknown>): Promise<void> {
    try {
      await closing;
    } catch (error) {
      this.#around.log.info({ queue: this.#source.name, reason: reasonOf(error) }, 'the channel was closed already');
    }
  }

  async #consume(model: ChannelModel): Promise<void> {
    try {
      await this.#source.declare(model);
      const channel = await openChannel(model, this.#around.log);
      channel.on('close', () => {
        if (this.#channel === channel) this.#lost(model, 'its channel was closed');
      });
      await channel.prefetch(this.#around.prefetch);
      const queue = await this.#source.open(channel);
      if (this.#model !== model || this.#stopping) return this.#quietly(channel.close());
      this.#channel = channel;
      const { consumerTag } = await channel.consume(queue, (message) => this.#take(channel, queue, message), {
        consumerTag: `${queue}.${this.#around.ids()}`,
        ...this.#source.ordered,
      });
      this.#tag = consumerTag;
      this.#trouble = undefined;
      this.#failures = 0;
      this.#isReady();
    } catch (error) {
      if (isFinal(error)) {
        this.#hasFailed(
          new VsmError('VSM_BROKER', `${this.#source.name}: ${reasonOf(error)}; see vsmcp topology diff`, {
            cause: error,
          }),
        );
      }
      this.#lost(model, reasonOf(error));
    }
  }

  #lost(model: ChannelModel, reason: string): void {
    this.#channel = undefined;
    if (this.#model !== model || this.#stopping) return;
    this.#trouble = reason;
    this.#around.log.warn({ queue: this.#source.name, reason }, 'consumes again soon');
    this.#around.clock.after(Math.min(PAUSE * 2 ** this.#failures++, LONGEST_PAUSE), () => {
      if (this.#model === model && !this.#stopping && !this.#channel) void this.#consume(model);
    });
  }

  #take(channel: Channel, queue: string, message: ConsumeMessage | null): void {
    if (message === null) {
      // The queue was deleted. Closing the channel leads to `#lost`, which declares and consumes again.
      void this.#quietly(channel.close());
      return;
    }
    // It stays with the broker, for the next consumer.
    if (this.#stopping && this.#source.ordered) return;
    const received = receive(this.#around.path, message, this.#source.dead);
    void this.#dispatcher.dispatch(received.delivery, this.#acknowledgerOf(channel, queue, received), received.way);
  }

  #acknowledgerOf(channel: Channel, queue: string, received: Received): Acknowledger {
    const { path, publish, stats, clock, signer } = this.#around;
    const { name, counts, delays, dead: lastStop } = this.#source;
    const burier = { path, channel: this.#source.channel, queue: name, signer };
    // On a lost channel nothing can be settled: the broker hands the message out again.
    const held = (): boolean => this.#channel === channel;
    const pause = (): Promise<void> => new Promise((resolve) => clock.after(PATIENCE, resolve));
    const ack = (): void => {
      if (held()) channel.ack(received.message);
    };
    const giveBack = async (): Promise<void> => {
      if (!held()) return;
      // Put back alone it would come after those that are here already: all go back, and come again in their order.
      if (this.#source.ordered) await this.#quietly(channel.close());
      else channel.nack(received.message, false, true);
    };
    const pass = async (packet: Packet): Promise<void> => {
      if (!held()) return;
      try {
        await publish(packet).catch((error: unknown) => {
          // It would be handed out and fail for ever: what cannot travel again dies here, with the reason.
          if (!(error instanceof VsmError && error.code === 'VSM_EVENT')) throw error;
          const reason = `its headers were left out: ${error.message}`;
          return publish(bareDeadPacket(burier, received, reason));
        });
      } catch (error) {
        await pause();
        await giveBack();
        throw error;
      }
      ack();
    };
    const dead = (reason: string): Promise<void> => pass(deadPacket(burier, received, reason));
    return {
      ack,
      dead,
      later: (delay, attempts, headers) =>
        delays
          ? pass(laterPacket(path, name, received, delay, attempts, headers))
          : dead(`${name} has no delay queues to come back from`),
      again: async (reason) => {
        if (lastStop) {
          await pause();
          await giveBack();
        } else if (received.deliveries + 1 >= DELIVERY_LIMIT) {
          stats.dead++;
          await dead(`delivered ${received.deliveries + 1} times, at last: ${reason}`);
        } else if (this.#source.ordered) {
          await pause();
          await giveBack();
        } else if (!counts) await pass(againPacket(path, queue, received));
        else if (held()) channel.reject(received.message, true);
      },
    };
  }
}
