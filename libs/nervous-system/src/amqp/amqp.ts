import {
  type BrokerCan,
  CHANNEL_NAMES,
  type Channel,
  type Clock,
  exchangeName,
  type Ids,
  mayPublish,
  type Party,
  QUEUES,
  queueName,
  type Topology,
  topology,
  VsmError,
} from '@vsmcp/vsm';
import { Asking, answerTo } from '../asking.js';
import type { Delivery, Outgoing } from '../message.js';
import type { BusStats, Consumer, Handler, Health, Member, NervousSystem, Subscription } from '../nervous-system.js';
import { checkMember, checkPublish, checkSubscribe } from '../rules.js';
import { signOutgoing } from '../signing/signer.js';
import { newStats } from '../stats.js';
import { addressOf } from './address.js';
import { AmqpConsumer } from './consumer.js';
import { check, declare, NOT_FOUND, openChannel, replyCode, type Stand } from './declare.js';
import { type Attachment, Link } from './link.js';
import { Abilities, brokerCan } from './order.js';
import { outgoingPacket, type Packet } from './packet.js';
import { Publisher } from './publisher.js';
import { sourceOf } from './source.js';

/**
 * The nervous system on RabbitMQ: one connection that is opened anew when it is lost, channels for publishing, a
 * channel for each subscription, and a declaration of the topology whenever the connection is new.
 */

export interface AmqpOptions extends Member {
  /** `amqp://user:password@host:5672/vhost`, or `amqps:`. */
  url: string;
  /** Milliseconds, at least 5000. */
  heartbeat: number;
  /** Most channels that publishing is spread over, by exchange. */
  pool?: number;
  clock: Clock;
  ids: Ids;
  /**
   * False: what outlives this process is declared by somebody else (`vsmcp topology apply`); it is only looked for, and
   * the transport is not ready without it. True unless said otherwise.
   */
  declare?: boolean;
}

/** One for each exchange that a service publishes to, and some to spare. */
const POOL = 10;

/** The connections of one service. Pain has one of its own, so that nothing can stand in its way. */
interface Links {
  publish: Link;
  consume: Link;
  pain: Link;
}

/**
 * Joins the fleet on a RabbitMQ broker. Resolves at once: until the broker is there, what is published is kept within
 * bounds, subscriptions wait, and `health` says why. Throws VSM_CONFIG for a URL, path or instance that cannot be.
 */
export async function connectAmqp(options: AmqpOptions): Promise<NervousSystem> {
  checkMember(options);
  const { path, party, instance, log, clock } = options;
  const stand = options.declare === false ? check : declare;
  const address = addressOf(options.url, options.heartbeat);
  const stats = newStats();
  const abilities = new Abilities(() => brokerCan(address.options, path, log));
  const can = options.declare === false ? async () => ({ hash: true }) : () => abilities.ask();
  const durable = (part: () => Topology | Promise<Topology>): Attachment => ({
    attach: async (model) => stand(model, await part(), log),
    // The next broker may be another one.
    detach: () => abilities.forget(),
  });
  const open = (name: string, attachments: readonly Attachment[]): Promise<Link> =>
    Link.open(
      { ...address, name: `${instance} ${name}`, clock, log, reconnected: () => stats.reconnected++ },
      attachments,
    );
  const flow = (link: keyof Links): Health => links[link].health();
  const publisher = new Publisher({ channels: options.pool ?? POOL, clock, log, stats, flow: () => flow('publish') });
  const painPublisher = new Publisher({ channels: 1, clock, log, stats, flow: () => flow('pain') });
  const links: Links = {
    publish: await open('publish', [
      durable(async () => (options.declare === false ? saidOn(path, party) : topology(path, QUEUES, await can()))),
      publisher,
    ]),
    consume: await open('consume', []),
    pain: await open('algedonic', [durable(() => painPart(path)), painPublisher]),
  };
  return new AmqpNervousSystem({ ...options, stand, can }, links, publisher, painPublisher, stats);
}

/** The exchanges that a party publishes on: all that one who declares nothing has to find. */
function saidOn(path: string, party: Party): Topology {
  const names = new Set(
    CHANNEL_NAMES.filter((channel) => mayPublish(party, channel)).map((channel) => exchangeName(path, channel)),
  );
  const exchanges = topology(path, {}).exchanges.filter(({ name }) => names.has(name));
  return { exchanges, exchangeBindings: [], queues: [], bindings: [] };
}

/** Pain's connection declares what pain needs, and waits for nothing else. */
function painPart(path: string): Topology {
  const { exchanges, queues, bindings } = topology(path, { 's5.algedonic': QUEUES['s5.algedonic'] });
  const names = new Set([queueName(path, 'algedonic'), queueName(path, 'dead')]);
  return { exchanges: exchanges.filter(({ name }) => names.has(name)), exchangeBindings: [], queues, bindings };
}

/** Traits of the broker that sources want to know. */
type Around = AmqpOptions & { stand: Stand; can: () => Promise<BrokerCan> };

class AmqpNervousSystem implements NervousSystem {
  readonly transport = 'amqp';
  readonly #options: Around;
  readonly #links: Links;
  readonly #publisher: Publisher;
  readonly #painPublisher: Publisher;
  readonly #stats: BusStats;
  readonly #consumers = new Map<AmqpConsumer, Link>();
  readonly #asking: Asking;
  #closed = false;

  constructor(options: Around, links: Links, publisher: Publisher, painPublisher: Publisher, stats: BusStats) {
    this.#options = options;
    this.#links = links;
    this.#publisher = publisher;
    this.#painPublisher = painPublisher;
    this.#stats = stats;
    this.#asking = new Asking({
      ...options,
      subscribe: (subscription, handler) => this.subscribe(subscription, handler),
      publish: (message) => this.publish(message),
    });
  }

  async publish(message: Outgoing): Promise<void> {
    this.#checkOpen();
    const { path, party, instance, clock, signer } = this.#options;
    checkPublish(party, message);
    const signed = signOutgoing(signer, path, instance, message);
    await this.#pass(message.channel)(outgoingPacket(path, signed, instance, clock.now()));
  }

  async publishBatch(messages: readonly Outgoing[]): Promise<void> {
    await Promise.all(messages.map((message) => this.publish(message)));
  }

  async subscribe(subscription: Subscription, handler: Handler): Promise<Consumer> {
    this.#checkOpen();
    checkSubscribe(this.#options.party, subscription);
    const { queue, prefetch } = subscription;
    const channel = 'own' in queue ? queue.channel : queue.durable.channel;
    const link = channel === 'algedonic' ? this.#links.pain : this.#links.consume;
    const consumer = new AmqpConsumer(sourceOf(subscription, this.#options), handler, {
      ...this.#options,
      prefetch,
      stats: this.#stats,
      publish: this.#pass(channel),
      ended: (ended) => {
        link.remove(ended);
        this.#consumers.delete(ended);
      },
    });
    this.#consumers.set(consumer, link);
    try {
      await link.add(consumer);
      await consumer.ready;
    } catch (error) {
      await consumer.stop();
      throw error;
    }
    return consumer;
  }

  request(message: Omit<Outgoing, 'channel' | 'replyTo' | 'correlationId'>, timeout: number): Promise<Delivery> {
    return this.#asking.request(message, timeout);
  }

  async respond(to: Delivery, answer: Pick<Outgoing, 'content' | 'contentType' | 'headers'>): Promise<void> {
    await this.publish(answerTo(to, answer));
  }

  async depth(queue: string): Promise<number | undefined> {
    const { model } = this.#links.consume;
    if (!model) throw new VsmError('VSM_BROKER', `the depth of ${queue} is not known: no connection to the broker`);
    // A channel that the broker closes because there is no such queue is an answer, not a trouble.
    const channel = await openChannel(model, { ...this.#options.log, warn: () => {} });
    try {
      const { messageCount } = await channel.checkQueue(queueName(this.#options.path, queue));
      await channel.close();
      return messageCount;
    } catch (error) {
      if (replyCode(error) === NOT_FOUND) return undefined;
      throw error;
    }
  }

  health(): Health {
    if (this.#closed) return { ok: false, reason: 'closed' };
    for (const link of Object.values(this.#links) as Link[]) {
      const health = link.health();
      if (!health.ok) return health;
    }
    for (const { trouble } of this.#consumers.keys()) if (trouble) return { ok: false, reason: trouble };
    return { ok: true };
  }

  stats(): Readonly<BusStats> {
    return { ...this.#stats, unconfirmed: this.#publisher.unconfirmed + this.#painPublisher.unconfirmed };
  }

  async drain(ms: number): Promise<void> {
    const consumers = [...this.#consumers.keys()];
    let cancel = (): void => {};
    const over = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(ms, () => {
        for (const consumer of consumers) consumer.abandon();
        resolve();
      });
    });
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    await Promise.race([Promise.all([this.#publisher.flushed(), this.#painPublisher.flushed()]), over]);
    cancel();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const consumers = [...this.#consumers.keys()];
    for (const consumer of consumers) consumer.abandon();
    this.#publisher.close();
    this.#painPublisher.close();
    await Promise.all(Object.values(this.#links).map((link: Link) => link.close()));
  }

  #pass(channel: Channel): (packet: Packet) => Promise<void> {
    const publisher = channel === 'algedonic' ? this.#painPublisher : this.#publisher;
    return (packet) => publisher.publish(packet);
  }

  #checkOpen(): void {
    if (this.#closed) throw new VsmError('VSM_BROKER', 'this connection is closed: open a new one');
  }
}
