import {
  type BrokerCan,
  backKey,
  CHANNEL_NAMES,
  durableTopology,
  exchangeName,
  exchangesOf,
  type Ids,
  ownQueuePrefix,
  type Party,
  QUEUES,
  queueName,
  type Channel as VsmChannel,
} from '@vsmcp/vsm';
import type { Channel, ChannelModel } from 'amqplib';
import type { BusLog, Subscription } from '../nervous-system.js';
import { declare, type Stand } from './declare.js';
import { priorityOf } from './order.js';

/** Messages an instance's own queue keeps; the oldest goes first. */
const OWN_MOST = 10_000;

/** Queue that a subscription takes from. */
export interface Source {
  /** Behind the path. */
  readonly name: string;
  readonly channel: VsmChannel;
  /** The broker counts deliveries by itself. */
  readonly counts: boolean;
  readonly delays: boolean;
  /** Takes from the dead channel: there is nowhere further to go. */
  readonly dead: boolean;
  /** One consumer at a time, in order; the consumer with the highest priority is the first to take over. */
  readonly ordered?: { priority: number };
  /** Declares what outlives this connection. */
  declare(model: ChannelModel): Promise<void>;
  /** Declares what does not. @returns the queue's full name */
  open(channel: Channel): Promise<string>;
}

export function sourceOf(
  { queue }: Subscription,
  around: {
    path: string;
    party: Party;
    instance: string;
    ids: Ids;
    log: BusLog;
    stand: Stand;
    can: () => Promise<BrokerCan>;
  },
): Source {
  const { path, party, instance, ids, log, stand, can } = around;
  const needed =
    'own' in queue ? [queue.channel, 'retry' as const] : [queue.durable.channel, 'retry' as const, 'dead' as const];
  const channels = CHANNEL_NAMES.filter((channel) => needed.includes(channel));
  if (!('own' in queue)) {
    const { name, durable } = queue;
    return {
      name,
      channel: durable.channel,
      counts: durable.kind === 'quorum',
      delays: durable.retry === true,
      dead: durable.channel === 'dead',
      ...(durable.sort === 'ordered' && { ordered: { priority: priorityOf(instance, name) } }),
      declare: async (model) => {
        const broker = await can();
        await stand(model, exchangesOf(path, channels, broker), log);
        // The queue of a server that comes and goes is in no table: its owner makes it.
        await (name in QUEUES ? stand : declare)(model, durableTopology(path, name, durable, broker), log);
      },
      open: async () => queueName(path, name),
    };
  }
  return {
    name: `own.${instance}`,
    channel: queue.channel,
    counts: false,
    delays: false,
    dead: false,
    declare: async (model) => stand(model, exchangesOf(path, channels, await can()), log),
    open: async (channel) => {
      // A new name each time: after a lost connection the broker may hold the old one for a while.
      const name = `${ownQueuePrefix(path, party)}${instance}.${ids()}`;
      await channel.assertQueue(name, {
        exclusive: true,
        autoDelete: true,
        durable: false,
        arguments: { 'x-queue-type': 'classic', 'x-max-length': OWN_MOST, 'x-overflow': 'drop-head' },
      });
      for (const key of queue.bind) await channel.bindQueue(name, exchangeName(path, queue.channel), key);
      await channel.bindQueue(name, exchangeName(path, 'retry'), backKey(name.slice(path.length + 1)));
      return name;
    },
  };
}
