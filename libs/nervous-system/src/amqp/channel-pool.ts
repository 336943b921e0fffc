import { type Clock, reasonOf } from '@vsmcp/vsm';
import type { ChannelModel, ConfirmChannel, Message } from 'amqplib';
import type { BusLog } from '../nervous-system.js';

/** Pause (ms) before a closed channel is opened again. */
const REOPEN = 200;

export interface LanesOptions {
  /** Most channels. */
  channels: number;
  clock: Clock;
  log: BusLog;
  /** A lane has a channel: what was to be sent on it can be. */
  opened(lane: number): void;
  /** The broker closes the lane's channel over a message. */
  failed(lane: number, error: Error): void;
  returned(message: Message): void;
}

/**
 * The channels that publishing is spread over. Each exchange keeps to one, so that its messages keep their order, and
 * one that the broker refuses, which closes its channel, affects only that exchange. A channel is opened when it is
 * first needed.
 */
export class ChannelPool {
  #model: ChannelModel | undefined;
  readonly #channels = new Map<number, ConfirmChannel>();
  /** Lanes whose channel is being opened, or is about to be. */
  readonly #coming = new Set<number>();
  readonly #byExchange = new Map<string, number>();
  readonly #around: LanesOptions;

  constructor(around: LanesOptions) {
    this.#around = around;
  }

  of(exchange: string): number {
    const known = this.#byExchange.get(exchange);
    if (known !== undefined) return known;
    const lane = this.#byExchange.size % this.#around.channels;
    this.#byExchange.set(exchange, lane);
    return lane;
  }

  /** The lane's channel; without one it is opened, where there is a connection, and `opened` tells. */
  channel(lane: number): ConfirmChannel | undefined {
    const channel = this.#channels.get(lane);
    if (!channel && this.#model && !this.#coming.has(lane)) this.#reopen(this.#model, lane);
    return channel;
  }

  async attach(model: ChannelModel): Promise<void> {
    this.#model = model;
    await Promise.all([...new Set(this.#byExchange.values())].map((lane) => this.#open(model, lane)));
  }

  detach(): void {
    this.#model = undefined;
    this.#channels.clear();
    this.#coming.clear();
  }

  async #open(model: ChannelModel, lane: number): Promise<void> {
    this.#coming.add(lane);
    const channel = await model.createConfirmChannel();
    if (this.#model !== model) return;
    this.#coming.delete(lane);
    channel.on('error', (error: Error) => this.#around.failed(lane, error));
    channel.on('return', (message) => this.#around.returned(message));
    // Ahead of amqplib's own listener, which fails all unconfirmed: those are kept instead.
    channel.prependListener('close', () => {
      if (this.#channels.get(lane) !== channel) return;
      this.#channels.delete(lane);
      this.#later(model, lane);
    });
    this.#channels.set(lane, channel);
    this.#around.opened(lane);
  }

  #reopen(model: ChannelModel, lane: number): void {
    if (this.#model !== model) return;
    this.#open(model, lane).catch((error: unknown) => {
      if (this.#model !== model) return;
      this.#around.log.warn({ reason: reasonOf(error) }, 'no channel to publish on');
      this.#later(model, lane);
    });
  }

  #later(model: ChannelModel, lane: number): void {
    this.#coming.add(lane);
    this.#around.clock.after(REOPEN, () => this.#reopen(model, lane));
  }
}
