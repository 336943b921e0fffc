import { CHANNEL_NAMES, CHANNELS, type Channel, type ChannelRule, exchangeName } from './channels.js';
import type {
  BindingDeclaration,
  BrokerCan,
  ExchangeDeclaration,
  QueueDeclaration,
  Topology,
  TopologyArguments,
} from './declarations.js';
import { sortedFrom, sorting } from './order.js';
import { type DurableQueue, PARTITION_QUEUES, QUEUES, RETRY_DELAYS, type RetryDelay } from './queues.js';
import type { Party } from './systems.js';

/**
 * The topology of a fleet on its broker: all exchanges, queues and bindings, made out of the channel table and the
 * table of durable queues as plain data. Declaring them, comparing them with a broker, and broker permissions derive
 * from it.
 */

/** Deliveries of a message before it counts as poison. */
export const DELIVERY_LIMIT = 20;

/** The dead have nowhere further to go; brokers from 4.0 on would drop them after 20 deliveries without this. */
const NO_LIMIT = 1_000_000_000;

export function queueName(path: string, name: string): string {
  return `${path}.${name}`;
}

/** The queue in which a message waits `delay` before the broker hands it back to the durable queue `name`. */
export function delayQueueName(path: string, delay: RetryDelay, name: string): string {
  return `${path}.retry.${delay}.${name}`;
}

/** Prefix of the queues of a party's instances: of the table's own names none begins with `own`. */
export function ownQueuePrefix(path: string, party: Party): string {
  return `${path}.own.${party}.`;
}

/** The key on `vsm.retry` that leads straight back into the queue `name` (behind the path). */
export function backKey(name: string): string {
  return `back.${name}`;
}

/** The key on `vsm.retry` that leads into that queue. */
export function retryKey(delay: RetryDelay, name: string): string {
  return `${delay}.${name}`;
}

/** A broker with all its plugins. */
const ALL: BrokerCan = { hash: true };

/**
 * Exchanges, queues and bindings of the fleet at `path`. Declaring, comparing and broker permissions all derive from
 * it.
 * @param queues durable queues by name behind the path; those of the table unless said otherwise
 */
export function topology(
  path: string,
  queues: Readonly<Record<string, DurableQueue>> = QUEUES,
  can: BrokerCan = ALL,
): Topology {
  const durable = Object.entries(queues).map(([name, queue]) => durableTopology(path, name, queue, can));
  // Dead letters must have somewhere to go before anything can die.
  durable.sort((a, b) => Number(isDead(path, b)) - Number(isDead(path, a)));
  return {
    ...exchangesOf(path, CHANNEL_NAMES, can),
    queues: durable.flatMap((s) => s.queues),
    bindings: durable.flatMap((s) => s.bindings),
  };
}

/** The exchanges of these channels, with all that stands behind them. */
export function exchangesOf(
  path: string,
  channels: readonly Channel[],
  can: BrokerCan = ALL,
): Pick<Topology, 'exchanges' | 'exchangeBindings'> {
  const behind = channels.includes('environment') ? sorting(path, can) : { exchanges: [], exchangeBindings: [] };
  return {
    exchanges: [...behind.exchanges, ...channels.map((channel) => exchange(path, channel))],
    exchangeBindings: behind.exchangeBindings,
  };
}

/** One durable queue with its delay queues and bindings, for queues that come and go with what they serve. */
export function durableTopology(
  path: string,
  name: string,
  queue: DurableQueue,
  can: BrokerCan = ALL,
): Pick<Topology, 'queues' | 'bindings'> {
  const work = queueName(path, name);
  const queues: QueueDeclaration[] = [{ name: work, arguments: queueArguments(path, queue) }];
  const bindings: BindingDeclaration[] = exchangesBefore(path, name, queue, can).flatMap((exchange) =>
    queue.bind.map((key) => ({ exchange, queue: work, key })),
  );
  const retry = exchangeName(path, 'retry');
  if (queue.retry || queue.kind === 'classic') bindings.push({ exchange: retry, queue: work, key: backKey(name) });
  for (const [delay, ttl] of queue.retry ? delays() : []) {
    const waiting = delayQueueName(path, delay, name);
    queues.push({ name: waiting, arguments: delayArguments(retry, backKey(name), ttl) });
    bindings.push({ exchange: retry, queue: waiting, key: retryKey(delay, name) });
  }
  return { queues, bindings };
}

/** Exchanges that a queue is bound to. Without a hash the one partition takes all. */
function exchangesBefore(path: string, name: string, { channel, sort }: DurableQueue, { hash }: BrokerCan): string[] {
  if (sort === undefined) return [exchangeName(path, channel)];
  return sort === 'ordered' && !hash && name !== PARTITION_QUEUES[0] ? [] : sortedFrom(path, sort);
}

function exchange(path: string, channel: Channel): ExchangeDeclaration {
  const rule: ChannelRule = CHANNELS[channel];
  return {
    name: exchangeName(path, channel),
    type: 'topic',
    internal: false,
    arguments: rule.alternate ? { 'alternate-exchange': exchangeName(path, 'dead') } : {},
  };
}

/** Only what must be there: an argument that changes later makes the broker refuse the queue. */
function queueArguments(path: string, queue: DurableQueue): TopologyArguments {
  if (queue.kind === 'classic') {
    return {
      'x-queue-type': 'classic',
      ...(queue.most !== undefined && { 'x-max-length': queue.most, 'x-overflow': 'drop-head' }),
      ...(queue.expires !== undefined && { 'x-message-ttl': queue.expires }),
    };
  }
  if (queue.channel === 'dead') return { 'x-queue-type': 'quorum', 'x-delivery-limit': NO_LIMIT };
  return {
    'x-queue-type': 'quorum',
    'x-delivery-limit': DELIVERY_LIMIT,
    'x-dead-letter-exchange': exchangeName(path, 'dead'),
    ...LOSE_NOTHING,
    ...(queue.sort === 'ordered' && { 'x-single-active-consumer': true }),
  };
}

/** Dead-lettering waits for the broker's own confirm; RabbitMQ wants the overflow rule with it. */
const LOSE_NOTHING = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };

/**
 * A message whose time is over goes straight back to the work queue. Not through the default exchange: who may write
 * there may write into any queue.
 */
function delayArguments(retry: string, back: string, ttl: number): TopologyArguments {
  return {
    'x-queue-type': 'quorum',
    'x-message-ttl': ttl,
    'x-dead-letter-exchange': retry,
    'x-dead-letter-routing-key': back,
    ...LOSE_NOTHING,
  };
}

function delays(): [RetryDelay, number][] {
  return Object.entries(RETRY_DELAYS) as [RetryDelay, number][];
}

function isDead(path: string, part: Pick<Topology, 'bindings'>): boolean {
  return part.bindings.some((b) => b.exchange === exchangeName(path, 'dead'));
}
