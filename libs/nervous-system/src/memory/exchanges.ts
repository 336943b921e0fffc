import {
  type Channel,
  type Clock,
  type DurableQueue,
  durableTopology,
  exchangeName,
  type Ids,
  partitionKeyIn,
  partitionOf,
  queueName,
  RETRY_DELAYS,
  type RetryDelay,
  type Topology,
  topology,
} from '@vsmcp/vsm';
import { Broker, type Queue } from 'smqp';
import { HEADERS } from '../headers.js';
import { type Signer, signDead } from '../signing/signer.js';
import { Line } from './line.js';
import type { Stored } from './stored.js';

/**
 * Exchanges and queues inside the process, on smqp, that several nervous systems share. Their content ends with the
 * process.
 */
export class MemoryExchanges {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly #broker = new Broker();
  readonly #declared = new Set<string>();
  readonly #returning = new Set<() => void>();
  readonly #lines = new Map<Queue, Line>();

  constructor({ clock, ids }: { clock: Clock; ids: Ids }) {
    this.clock = clock;
    this.ids = ids;
  }

  /** Declares the fleet's exchanges and durable queues, once. */
  declareFleet(path: string): void {
    if (this.#declared.has(path)) return;
    this.#declared.add(path);
    const { exchanges, ...parts } = topology(path);
    for (const { name, type } of exchanges) {
      if (type === 'topic') this.#broker.assertExchange(name, 'topic', { autoDelete: false });
    }
    this.#declare(parts);
  }

  durable(path: string, name: string, queue: DurableQueue): Queue {
    this.#declare(durableTopology(path, name, queue));
    return this.#broker.assertQueue(queueName(path, name));
  }

  own(path: string, channel: Channel, bind: readonly string[], most: number): Queue {
    const queue = this.#broker.createQueue(`${path}.own.${this.ids()}`, { maxLength: most, durable: false });
    for (const key of bind) this.#broker.bindQueue(queue.name, exchangeName(path, channel), key);
    return queue;
  }

  /** The line of those who want to consume an ordered queue. */
  line(queue: Queue): Line {
    const line = this.#lines.get(queue) ?? new Line();
    this.#lines.set(queue, line);
    return line;
  }

  find(name: string): Queue | undefined {
    return this.#broker.getQueue(name);
  }

  /** Puts the message into every queue that is bound for it, once each. @returns whether any took it */
  route(path: string, message: Stored): boolean {
    const sorted = message.channel === 'environment' ? this.#sorted(path, message) : undefined;
    if (sorted) put(sorted, message);
    const bindings = this.#broker.getExchange(exchangeName(path, message.channel)).bindings;
    const queues = new Set(bindings.filter((b) => b.testPattern(message.key)).map((b) => b.queue));
    for (const queue of queues) put(queue, message);
    return sorted !== undefined || queues.size > 0;
  }

  /** The queue of its partition, or the one that all compete for. */
  #sorted(path: string, { headers }: Stored): Queue | undefined {
    const key = partitionKeyIn(headers);
    return this.find(queueName(path, key === undefined ? 's1.work' : partitionOf(key)));
  }

  /** @param who buries it: the queue it died in, and the signer of the member */
  bury(path: string, message: Stored, reason: string, who: { queue?: string; signer?: Signer | undefined }): boolean {
    const headers = {
      ...message.headers,
      [HEADERS.channel]: message.channel,
      [HEADERS.reason]: reason,
      ...(who.queue !== undefined && { [HEADERS.queue]: who.queue }),
    };
    const dead = { ...message, channel: 'dead' as const, attempts: 0, headers };
    return this.route(path, { ...dead, headers: signDead(who.signer, path, dead) });
  }

  returnLater(queue: Queue, message: Stored, delay: RetryDelay): void {
    const cancel = this.clock.after(RETRY_DELAYS[delay], () => {
      this.#returning.delete(cancel);
      put(queue, message);
    });
    this.#returning.add(cancel);
  }

  close(): void {
    for (const cancel of this.#returning) cancel();
    this.#returning.clear();
    this.#broker.reset();
  }

  #declare({ queues, bindings }: Pick<Topology, 'queues' | 'bindings'>): void {
    for (const { name, arguments: given } of queues) {
      // The delay queues are timers here.
      if ('x-dead-letter-routing-key' in given) continue;
      this.#broker.assertQueue(name, {
        autoDelete: false,
        ...(given['x-max-length'] !== undefined && { maxLength: Number(given['x-max-length']) }),
        ...(given['x-message-ttl'] !== undefined && { messageTtl: Number(given['x-message-ttl']) }),
      });
    }
    for (const { exchange, queue, key } of bindings) {
      // The parting of the environment's events needs no exchange here.
      if (this.#broker.getQueue(queue) && this.#broker.getExchange(exchange)) {
        this.#broker.bindQueue(queue, exchange, key);
      }
    }
  }
}

function put(queue: Queue, message: Stored): void {
  queue.queueMessage({ routingKey: message.key }, message);
}
