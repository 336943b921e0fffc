import { type Clock, reasonOf, VsmError } from '@vsmcp/vsm';
import amqp, { type ChannelModel, type Options, type RecoveringChannelModel } from 'amqplib';
import type { BusLog, Health } from '../nervous-system.js';
import { refusalOf } from './address.js';

/** A part that hangs on a connection: it is attached again to every new one. */
export interface Attachment {
  /** Rejects when the connection is of no use; it is then opened anew. A `detach` meanwhile holds. */
  attach(model: ChannelModel): Promise<void>;
  detach(): void;
  /** The broker takes nothing for now. */
  stalled?(): void;
}

export interface LinkOptions {
  options: Options.Connect;
  /** The address without the password. */
  shown: string;
  /** Shown in the broker's list of connections. */
  name: string;
  clock: Clock;
  log: BusLog;
  reconnected(): void;
}

/** Milliseconds for the handshake with the broker. */
const CONNECT_TIMEOUT = 10_000;
/** Longest pause (ms) between two attempts. */
const LONGEST_PAUSE = 5000;

/** One connection that comes back by itself, with all that hangs on it. */
export class Link {
  #model: ChannelModel | undefined;
  #recovering: RecoveringChannelModel | undefined;
  #attached = false;
  #blocked: string | undefined;
  #trouble = 'not connected yet';
  #connections = 0;
  readonly #attachments = new Set<Attachment>();
  readonly #around: LinkOptions;

  private constructor(around: LinkOptions) {
    this.#around = around;
  }

  /** Resolves at once; the connection follows. */
  static async open(around: LinkOptions, attachments: readonly Attachment[]): Promise<Link> {
    const link = new Link(around);
    for (const attachment of attachments) link.#attachments.add(attachment);
    const recovering = await amqp.connect(around.options, {
      timeout: CONNECT_TIMEOUT,
      noDelay: true,
      keepAlive: true,
      clientProperties: { connection_name: around.name },
      recovery: { waitForConnect: false, maxDelay: LONGEST_PAUSE, setup: (model: ChannelModel) => link.#setup(model) },
    });
    // The connection's own errors come a second time with its close.
    recovering.on('error', (error: Error) => link.#say(refusalOf(error, around.options.vhost ?? '/')));
    recovering.on('connect-failed', (error) => link.#say(refusalOf(error, around.options.vhost ?? '/')));
    link.#recovering = recovering;
    return link;
  }

  get model(): ChannelModel | undefined {
    return this.#model;
  }

  health(): Health {
    const { shown } = this.#around;
    if (!this.#attached) return { ok: false, reason: `not connected to the broker at ${shown}: ${this.#trouble}` };
    if (this.#blocked) return { ok: false, reason: `the broker at ${shown} blocks publishers ${this.#blocked}` };
    return { ok: true };
  }

  /** Hangs it on; resolves once attached, or at once while there is no connection. */
  async add(attachment: Attachment): Promise<void> {
    this.#attachments.add(attachment);
    if (this.#model) await attachment.attach(this.#model);
  }

  remove(attachment: Attachment): void {
    this.#attachments.delete(attachment);
  }

  async close(): Promise<void> {
    this.#trouble = 'closed';
    this.#lose();
    await this.#recovering?.close();
  }

  async #setup(model: ChannelModel): Promise<void> {
    model.on('error', (error) => this.#say(reasonOf(error)));
    model.on('close', () => {
      if (this.#model === model) this.#lose();
    });
    model.on('blocked', (reason) => {
      this.#blocked = `since ${new Date(this.#around.clock.now()).toISOString()}: ${reason}`;
      this.#around.log.warn({ connection: this.#around.name, reason }, 'the broker blocks publishers');
      for (const attachment of this.#attachments) attachment.stalled?.();
    });
    model.on('unblocked', () => {
      this.#blocked = undefined;
      this.#around.log.info({ connection: this.#around.name }, 'the broker takes messages again');
    });
    this.#blocked = undefined;
    this.#model = model;
    try {
      for (const attachment of [...this.#attachments]) {
        await attachment.attach(model);
        // It may have ended, or been closed, meanwhile.
        if (this.#model !== model) throw new VsmError('VSM_BROKER', `lost while it was set up: ${this.#trouble}`);
      }
    } catch (error) {
      this.#lose();
      throw error;
    }
    this.#attached = true;
    if (this.#connections++ > 0) this.#around.reconnected();
    this.#trouble = 'the connection was lost';
    this.#around.log.info({ connection: this.#around.name, broker: this.#around.shown }, 'connected to the broker');
  }

  #lose(): void {
    if (!this.#model) return;
    this.#attached = false;
    this.#model = undefined;
    this.#blocked = undefined;
    for (const attachment of this.#attachments) attachment.detach();
  }

  #say(trouble: string): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#around.log.warn({ connection: this.#around.name, broker: this.#around.shown, reason: trouble }, 'no broker');
  }
}
