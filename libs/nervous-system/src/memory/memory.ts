import { CHANNELS, type ChannelRule, DELIVERY_LIMIT, queueName, VsmError } from '@vsmcp/vsm';
import type { Queue } from 'smqp';
import { Asking, answerTo } from '../asking.js';
import { plainHeaders } from '../headers.js';
import type { Delivery, Outgoing } from '../message.js';
import type { BusStats, Consumer, Handler, Health, Member, NervousSystem, Subscription } from '../nervous-system.js';
import { checkMember, checkPublish, checkSubscribe } from '../rules.js';
import { SignatureCheck } from '../signing/signature-check.js';
import { signOutgoing } from '../signing/signer.js';
import { newStats } from '../stats.js';
import { MemoryConsumer } from './consumer.js';
import type { MemoryExchanges } from './exchanges.js';
import type { Stored } from './stored.js';

/** Messages an instance's own queue keeps; the oldest goes first. */
const OWN_MOST = 10_000;

/** One service's way into a broker in the same process. */
export class MemoryNervousSystem implements NervousSystem {
  readonly transport = 'memory';
  readonly #broker: MemoryExchanges;
  readonly #member: Member;
  readonly #stats = newStats();
  readonly #consumers = new Set<MemoryConsumer>();
  readonly #asking: Asking;
  #closed = false;

  constructor(broker: MemoryExchanges, member: Member) {
    checkMember(member);
    this.#broker = broker;
    this.#member = member;
    this.#asking = new Asking({
      instance: member.instance,
      clock: broker.clock,
      ids: broker.ids,
      subscribe: (subscription, handler) => this.subscribe(subscription, handler),
      publish: (message) => this.publish(message),
    });
  }

  async publish(unsigned: Outgoing): Promise<void> {
    this.#checkOpen();
    checkPublish(this.#member.party, unsigned);
    this.#stats.published++;
    const { path, instance, signer } = this.#member;
    const message = signOutgoing(signer, path, instance, unsigned);
    const stored: Stored = {
      channel: message.channel,
      key: message.key,
      content: message.content,
      contentType: message.contentType,
      appId: instance,
      timestamp: this.#broker.clock.now(),
      headers: plainHeaders(message.headers ?? {}),
      attempts: 0,
      ...(message.id !== undefined && { id: message.id }),
      ...(message.replyTo !== undefined && { replyTo: message.replyTo }),
      ...(message.correlationId !== undefined && { correlationId: message.correlationId }),
    };
    const rule: ChannelRule = CHANNELS[message.channel];
    const taken =
      this.#broker.route(path, stored) ||
      (rule.alternate === true && this.#broker.bury(path, stored, `nobody listens to ${message.key}`, { signer }));
    if (!taken && message.mandatory) {
      this.#stats.rejected++;
      throw new VsmError('VSM_NOT_FOUND', `nobody listens to ${message.key} on ${message.channel}`);
    }
    this.#stats.confirmed++;
  }

  async publishBatch(messages: readonly Outgoing[]): Promise<void> {
    await Promise.all(messages.map((message) => this.publish(message)));
  }

  async subscribe(subscription: Subscription, handler: Handler): Promise<Consumer> {
    this.#checkOpen();
    checkSubscribe(this.#member.party, subscription);
    const { path, log, instance, signer } = this.#member;
    const { queue } = subscription;
    const durable = 'own' in queue ? undefined : queue;
    const smqp: Queue =
      'own' in queue
        ? this.#broker.own(path, queue.channel, queue.bind, OWN_MOST)
        : this.#broker.durable(path, queue.name, queue.durable);
    const name = smqp.name.slice(path.length + 1);
    const channel = 'own' in queue ? queue.channel : queue.durable.channel;
    const consumer = new MemoryConsumer(smqp, handler, subscription.prefetch, {
      queue: name,
      stats: this.#stats,
      log,
      signatures: signer && new SignatureCheck({ signer, path, instance, channel, queue: name }),
      clock: this.#broker.clock,
      limit: channel === 'dead' ? Number.POSITIVE_INFINITY : DELIVERY_LIMIT,
      bury: (message, reason) => this.#broker.bury(path, message, reason, { queue: name, signer }),
      ...(durable?.durable.sort === 'ordered' && { line: this.#broker.line(smqp) }),
      ...(durable?.durable.retry && {
        returnLater: (message, delay) => this.#broker.returnLater(smqp, message, delay),
      }),
      ended: () => this.#consumers.delete(consumer),
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  request(message: Omit<Outgoing, 'channel' | 'replyTo' | 'correlationId'>, timeout: number): Promise<Delivery> {
    return this.#asking.request(message, timeout);
  }

  async respond(to: Delivery, answer: Pick<Outgoing, 'content' | 'contentType' | 'headers'>): Promise<void> {
    await this.publish(answerTo(to, answer));
  }

  async depth(queue: string): Promise<number | undefined> {
    const stats = this.#broker.find(queueName(this.#member.path, queue))?.getStats();
    return stats && stats.messageCount - stats.unackedCount;
  }

  health(): Health {
    return this.#closed ? { ok: false, reason: 'closed' } : { ok: true };
  }

  stats(): Readonly<BusStats> {
    return { ...this.#stats };
  }

  async drain(ms: number): Promise<void> {
    const consumers = [...this.#consumers];
    const cancel = this.#broker.clock.after(ms, () => {
      for (const consumer of consumers) consumer.abandon();
    });
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    cancel();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const consumer of this.#consumers) consumer.abandon();
  }

  #checkOpen(): void {
    if (this.#closed) throw new VsmError('VSM_BROKER', 'this connection is closed: open a new one');
  }
}
