import { topology } from '@vsmcp/vsm';
import { z } from 'zod';
import type { BrokerUser } from './users.js';

const Arguments = z.record(z.string(), z.unknown());

/** What RabbitMQ exports and imports as *definitions*, as far as a fleet has a part in it. */
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

/** What must stand on the broker for the fleet at `path`; rights only for the users that are given. */
export function definitionsOf(path: string, vhost: string, users: readonly BrokerUser[]): Definitions {
  const { exchanges, queues, bindings } = topology(path);
  return {
    exchanges: exchanges.map((exchange) => ({
      ...{ name: exchange.name, vhost, type: 'topic', durable: true, auto_delete: false, internal: false },
      arguments: exchange.arguments,
    })),
    queues: queues.map((queue) => ({
      ...{ name: queue.name, vhost, durable: true, auto_delete: false },
      arguments: queue.arguments,
    })),
    bindings: bindings.map(({ exchange, queue, key }) => ({
      ...{ source: exchange, vhost, destination: queue, destination_type: 'queue', routing_key: key },
      arguments: {},
    })),
    users: users.map(({ name, passwordHash }) => ({
      ...{ name, password_hash: passwordHash, hashing_algorithm: 'rabbit_password_hashing_sha256', tags: [] },
    })),
    permissions: users.map(({ name, permissions: { configure, write, read } }) => ({
      ...{ user: name, vhost, configure, write, read },
    })),
    topic_permissions: users.flatMap(({ name, permissions }) =>
      permissions.topics.map((topic) => ({ user: name, vhost, ...topic })),
    ),
  };
}
