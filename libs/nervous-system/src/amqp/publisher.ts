import { type Clock, reasonOf, VsmError } from '@vsmcp/vsm';
import { type ChannelModel, IllegalOperationError, type Message } from 'amqplib';
import { HEADERS } from '../headers.js';
import type { BusLog, BusStats } from '../nervous-system.js';
import { ChannelPool } from './channel-pool.js';
import { NOT_FOUND, REFUSED, replyCode } from './declare.js';
import type { Attachment } from './link.js';
import { type Packet, unsendable } from './packet.js';

/** Most messages, and bytes, that are kept until the broker has confirmed them. */
const MOST_MESSAGES = 10_000;
const MOST_BYTES = 64 * 1024 * 1024;
/** Times a message may be in flight while the broker closes the channel, before it is taken for the cause. */
const MOST_CLOSES = 3;

interface Pending {
  readonly packet: Packet;
  readonly lane: number;
  readonly serial: number;
  readonly resolve: () => void;
  readonly reject: (error: VsmError) => void;
  sent: boolean;
  returned: boolean;
  closes: number;
}

export interface PublisherOptions {
  /** Most channels that publishing is spread over. */
  channels: number;
  clock: Clock;
  log: BusLog;
  stats: BusStats;
  /** Health of the way to the broker: `ok` when what is sent now reaches it. */
  flow(): { ok: true } | { ok: false; reason: string };
}

/**
 * Publishes with confirms. What is not confirmed is kept in order, within bounds, and sent again on the next
 * connection. While the broker takes messages, more than that wait their turn; while it does not, they are refused at
 * once.
 */
export class Publisher implements Attachment {
  readonly #pending = new Map<number, Pending>();
  #waiting: Pending[] = [];
  #bytes = 0;
  #serial = 0;
  readonly #lanes: ChannelPool;
  #idle: (() => void)[] = [];
  readonly #around: PublisherOptions;

  constructor(around: PublisherOptions) {
    this.#around = around;
    this.#lanes = new ChannelPool({
      ...around,
      opened: (lane) => {
        for (const pending of this.#pending.values()) if (pending.lane === lane) this.#send(pending);
      },
      failed: (lane, error) => this.#blame(error, lane),
      returned: (message) => this.#returned(message),
    });
  }

  get unconfirmed(): number {
    return this.#pending.size + this.#waiting.length;
  }

  /** Resolves when the broker has it safe. Rejects with VSM_BROKER, VSM_NOT_FOUND (mandatory only) or VSM_EVENT. */
  publish(packet: Packet): Promise<void> {
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        packet,
        lane: this.#lanes.of(packet.exchange),
        serial: ++this.#serial,
        resolve,
        reject,
        sent: false,
        returned: false,
        closes: 0,
      };
      this.#around.stats.published++;
      if (this.#waiting.length === 0 && this.#fits(pending)) this.#admit(pending);
      else if (this.#around.flow().ok) this.#waiting.push(pending);
      else this.#refuse(pending);
    });
  }

  /** Resolves when nothing is unconfirmed. */
  flushed(): Promise<void> {
    if (this.unconfirmed === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  attach(model: ChannelModel): Promise<void> {
    return this.#lanes.attach(model);
  }

  detach(): void {
    this.#lanes.detach();
    this.stalled();
  }

  /** The broker takes nothing for now: who waits for room is told. */
  stalled(): void {
    for (const pending of this.#waiting.splice(0)) this.#refuse(pending);
  }

  /** Ends it; what is unconfirmed rejects. */
  close(): void {
    this.detach();
    for (const pending of [...this.#pending.values()]) {
      this.#settle(pending, new VsmError('VSM_BROKER', `${pending.packet.key} was not confirmed before the end`));
    }
  }

  #fits({ packet }: Pending): boolean {
    if (this.#pending.size === 0) return true;
    return this.#pending.size < MOST_MESSAGES && this.#bytes + packet.content.length <= MOST_BYTES;
  }

  #admit(pending: Pending): void {
    this.#pending.set(pending.serial, pending);
    this.#bytes += pending.packet.content.length;
    this.#send(pending);
  }

  #send(pending: Pending): void {
    const channel = this.#lanes.channel(pending.lane);
    if (!channel) return;
    const { exchange, key, content, options } = pending.packet;
    const sent = options.mandatory
      ? { ...options, headers: { ...options.headers, [HEADERS.serial]: pending.serial } }
      : options;
    pending.returned = false;
    try {
      channel.publish(exchange, key, asBuffer(content), sent, (error: unknown) => {
        // A channel that is gone confirms nothing: the message stays and is sent again.
        if (this.#lanes.channel(pending.lane) === channel) this.#confirmed(pending, error);
      });
      if (pending.sent) this.#around.stats.resent++;
      pending.sent = true;
    } catch (error) {
      // On a channel that is just closing it stays, and is sent on the next one.
      if (!(error instanceof IllegalOperationError)) this.#settle(pending, unsendable(pending.packet, error));
    }
  }

  #confirmed(pending: Pending, error: unknown): void {
    const { exchange, key } = pending.packet;
    if (error) {
      this.#settle(pending, new VsmError('VSM_BROKER', `the broker refused ${key} on ${exchange}: ${reasonOf(error)}`));
    } else if (pending.returned) {
      this.#settle(pending, new VsmError('VSM_NOT_FOUND', `nobody listens to ${key} on ${exchange}`));
    } else {
      this.#settle(pending);
    }
  }

  #settle(pending: Pending, error?: VsmError): void {
    if (!this.#pending.delete(pending.serial)) return;
    this.#bytes -= pending.packet.content.length;
    if (error) {
      this.#around.stats.rejected++;
      pending.reject(error);
    } else {
      this.#around.stats.confirmed++;
      pending.resolve();
    }
    while (this.#waiting[0] && this.#fits(this.#waiting[0])) this.#admit(this.#waiting.shift() as Pending);
    if (this.unconfirmed === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #refuse(pending: Pending): void {
    const flow = this.#around.flow();
    this.#around.stats.rejected++;
    pending.reject(
      new VsmError(
        'VSM_BROKER',
        `${pending.packet.key} was not kept: ${this.#pending.size} messages (${this.#bytes} bytes) wait for the broker already; ` +
          `${flow.ok ? 'it is slow' : flow.reason}`,
      ),
    );
  }

  #returned(message: Message): void {
    const pending = this.#pending.get(Number(message.properties.headers?.[HEADERS.serial]));
    if (pending) pending.returned = true;
  }

  /** The broker closed the channel over one message: that one must not come again with the next channel. */
  #blame(error: Error, lane: number): void {
    const exchange = /exchange '([^']*)'/.exec(error.message)?.[1];
    const code = replyCode(error);
    const named = exchange !== undefined && (code === NOT_FOUND || code === REFUSED);
    this.#around.log.warn({ reason: error.message }, 'the broker closed the channel for publishing');
    for (const pending of [...this.#pending.values()]) {
      if (!pending.sent || pending.lane !== lane) continue;
      const blamed = named ? pending.packet.exchange === exchange : ++pending.closes >= MOST_CLOSES;
      if (!blamed) continue;
      const mend = named ? 'see vsmcp topology diff, and the permissions of this user' : 'see the broker’s log';
      this.#settle(pending, new VsmError('VSM_BROKER', `${pending.packet.key}: ${error.message}; ${mend}`));
    }
  }
}

function asBuffer(content: Uint8Array): Buffer {
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}
