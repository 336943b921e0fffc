import { reasonOf, type Topology, VsmError } from '@vsmcp/vsm';
import type { Channel, ChannelModel } from 'amqplib';
import type { BusLog } from '../nervous-system.js';

/** AMQP reply codes that close a channel. */
export const REFUSED = 403;
export const NOT_FOUND = 404;
const LOCKED = 405;
export const DIFFERS = 406;

/** The reply code of an error that the broker sent, if it was one. */
export function replyCode(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

/** Trying the same again will not help. */
export function isFinal(error: unknown): boolean {
  const code = replyCode(error);
  return code === REFUSED || code === NOT_FOUND || code === LOCKED || code === DIFFERS;
}

/** Sees to it that a part of the topology stands: `declare` makes what is missing, `check` says so. */
export type Stand = (model: ChannelModel, part: Partial<Topology>, log: BusLog) => Promise<void>;

/**
 * Looks for exchanges and queues; rejects with VSM_BROKER naming the first that is missing. Bindings cannot be looked
 * for.
 */
export async function check(model: ChannelModel, { exchanges = [], queues = [] }: Partial<Topology>, log: BusLog) {
  const channel = await openChannel(model, log);
  const looks = [
    ...exchanges.map(({ name }) => ({ name, look: () => channel.checkExchange(name) })),
    ...queues.map(({ name }) => ({ name, look: () => channel.checkQueue(name) })),
  ];
  for (const { name, look } of looks) {
    try {
      await look();
    } catch (error) {
      if (replyCode(error) !== NOT_FOUND) throw error;
      throw new VsmError('VSM_BROKER', `${name} is not on the broker: let an administrator run vsmcp topology apply`, {
        cause: error,
      });
    }
  }
  await channel.close();
}

/**
 * Declares what is missing. What stands with other arguments is used as it is; a user who may not declare leaves it to
 * whoever may (`vsmcp topology apply`). Both are said.
 */
export async function declare(model: ChannelModel, part: Partial<Topology>, log: BusLog): Promise<void> {
  let channel = await openChannel(model, log);
  for (const { name, run } of steps(part)) {
    try {
      await run(channel);
    } catch (error) {
      const code = replyCode(error);
      if (code !== DIFFERS && code !== REFUSED) throw error;
      log.warn({ name, reason: reasonOf(error) }, 'not declared: compare with vsmcp topology diff');
      if (code === REFUSED) return;
      channel = await openChannel(model, log);
    }
  }
  await channel.close();
}

/** A channel whose errors do not end the process. */
export async function openChannel(model: ChannelModel, log: BusLog): Promise<Channel> {
  const channel = await model.createChannel();
  channel.on('error', (error) => log.warn({ reason: reasonOf(error) }, 'the broker closed a channel'));
  return channel;
}

interface Step {
  name: string;
  run: (channel: Channel) => Promise<unknown>;
}

/**
 * One step for each thing to declare. Queues come first and an exchange is bound as soon as it stands: from then on
 * somebody may publish there, and what no queue takes is lost.
 */
export function steps({
  exchanges = [],
  exchangeBindings = [],
  queues = [],
  bindings = [],
}: Partial<Topology>): Step[] {
  const known = new Set(exchanges.map(({ name }) => name));
  const bound = (wanted: (exchange: string) => boolean): Step[] => [
    ...exchangeBindings
      .filter((p) => wanted(p.from))
      .map(
        (p): Step => ({
          name: `${p.from} → ${p.to}`,
          run: (channel) => channel.bindExchange(p.to, p.from, p.key, p.arguments),
        }),
      ),
    ...bindings
      .filter((b) => wanted(b.exchange))
      .map(
        (b): Step => ({
          name: `${b.exchange} → ${b.queue}`,
          run: (channel) => channel.bindQueue(b.queue, b.exchange, b.key),
        }),
      ),
  ];
  return [
    ...queues.map((q) => ({
      name: q.name,
      run: (channel: Channel) => channel.assertQueue(q.name, { durable: true, arguments: q.arguments }),
    })),
    ...exchanges.flatMap((x) => [
      {
        name: x.name,
        run: (channel: Channel) =>
          channel.assertExchange(x.name, x.type, { durable: true, internal: x.internal, arguments: x.arguments }),
      },
      ...bound((exchange) => exchange === x.name),
    ]),
    ...bound((exchange) => !known.has(exchange)),
  ];
}
