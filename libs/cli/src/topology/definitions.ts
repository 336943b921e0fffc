import { type BrokerCan, QUEUES, topology } from '@vsmcp/vsm';
import { z } from 'zod';
import type { BrokerUser } from './users.js';

/** RabbitMQ shows an argument without a value as this text. It has no JSON for one that it would take. */
const VOID = 'undefined';
const Arguments = z.record(
  z.string(),
  z.unknown().transform((value) => (value === VOID ? null : value)),
);

/** RabbitMQ's *definitions*, which it exports and imports, as far as a fleet has a part in it. */
export const Definitions = z.object({
  exchanges: z.array(
    z.object({
      name: z.string(),
      vhost: z.string(),
      type: z.string(),
      durable: z.boolean(),
      auto_delete: z.boolean(),
      internal: z.boolean(),
      arguments: Arguments,
    }),
  ),
  queues: z.array(
    z.object({
      name: z.string(),
      vhost: z.string(),
      durable: z.boolean(),
      auto_delete: z.boolean(),
      arguments: Arguments,
    }),
  ),
  bindings: z.array(
    z.object({
      source: z.string(),
      vhost: z.string(),
      destination: z.string(),
      destination_type: z.string(),
      routing_key: z.string(),
      arguments: Arguments,
    }),
  ),
  users: z.array(
    z.object({ name: z.string(), password_hash: z.string(), hashing_algorithm: z.string(), tags: z.unknown() }),
  ),
  permissions: z.array(
    z.object({ user: z.string(), vhost: z.string(), configure: z.string(), write: z.string(), read: z.string() }),
  ),
  topic_permissions: z.array(
    z.object({ user: z.string(), vhost: z.string(), exchange: z.string(), write: z.string(), read: z.string() }),
  ),
});
export type Definitions = z.infer<typeof Definitions>;

/** Without the bindings that no definitions can tell: they have to be declared over AMQP. */
export function importable(definitions: Definitions): Definitions {
  const hasVoid = (given: Record<string, unknown>) => Object.values(given).includes(null);
  return { ...definitions, bindings: definitions.bindings.filter((binding) => !hasVoid(binding.arguments)) };
}

/**
 * Everything that must be declared on a broker with these abilities, for the fleet at `path`; rights only for the users
 * that are given.
 */
export function definitionsOf(
  path: string,
  vhost: string,
  users: readonly BrokerUser[],
  can: BrokerCan = { hash: true },
): Definitions {
  const { exchanges, exchangeBindings, queues, bindings } = topology(path, QUEUES, can);
  return {
    exchanges: exchanges.map((exchange) => ({
      name: exchange.name,
      vhost,
      type: exchange.type,
      durable: true,
      auto_delete: false,
      internal: exchange.internal,
      arguments: exchange.arguments,
    })),
    queues: queues.map((queue) => ({
      name: queue.name,
      vhost,
      durable: true,
      auto_delete: false,
      arguments: queue.arguments,
    })),
    bindings: [
      ...exchangeBindings.map(({ from, to, key, arguments: given }) => ({
        source: from,
        vhost,
        destination: to,
        destination_type: 'exchange',
        routing_key: key,
        arguments: given,
      })),
      ...bindings.map(({ exchange, queue, key }) => ({
        source: exchange,
        vhost,
        destination: queue,
        destination_type: 'queue',
        routing_key: key,
        arguments: {},
      })),
    ],
    users: users.map(({ name, passwordHash }) => ({
      name,
      password_hash: passwordHash,
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: [],
    })),
    permissions: users.map(({ name, permissions: { configure, write, read } }) => ({
      user: name,
      vhost,
      configure,
      write,
      read,
    })),
    topic_permissions: users.flatMap(({ name, permissions }) =>
      permissions.topics.map((topic) => ({ user: name, vhost, ...topic })),
    ),
  };
}
