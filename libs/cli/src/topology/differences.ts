import { isDeepStrictEqual } from 'node:util';
import { SYSTEMS } from '@vsmcp/vsm';
import type { Definitions } from './definitions.js';
import { type BrokerUser, isHashOf } from './users.js';

/** One thing in which the broker is not as the channel table wants it. */
export interface Difference {
  what: 'exchange' | 'queue' | 'binding' | 'user' | 'permissions' | 'topic permissions';
  name: string;
  how: 'missing' | 'different' | 'extra';
  wanted?: unknown;
  found?: unknown;
}

/**
 * Compares what stands on a broker with what the fleet at `path` wants. What belongs to other fleets, to instances
 * (`own`), and the handover queues of servers that come and go, is passed over.
 */
export function differences(
  path: string,
  wanted: Definitions,
  found: Definitions,
  users: readonly BrokerUser[],
): Difference[] {
  const vhost = wanted.exchanges[0]?.vhost;
  const here = <T extends { vhost: string }>(things: readonly T[]) => things.filter((thing) => thing.vhost === vhost);
  const ends = new Set([
    ...wanted.queues.map(({ name }) => name),
    ...wanted.exchanges.filter(({ internal }) => internal).map(({ name }) => name),
  ]);
  return [
    ...compare('exchange', wanted.exchanges, here(found.exchanges), (x) => x.name, isExchangeOf(path)),
    ...compare('queue', wanted.queues, here(found.queues), (q) => q.name, isQueueOf(path)),
    ...compare('binding', wanted.bindings, here(found.bindings), bindingName, (b) => ends.has(b.destination)),
    ...passwords(users, found.users),
    ...compare('permissions', wanted.permissions, here(found.permissions), (p) => p.user, nothing),
    ...compare(
      'topic permissions',
      wanted.topic_permissions,
      here(found.topic_permissions),
      (p) => `${p.user} on ${p.exchange}`,
      nothing,
    ),
  ];
}

function compare<T extends object>(
  what: Difference['what'],
  wanted: readonly T[],
  found: readonly T[],
  nameOf: (thing: T) => string,
  ours: (thing: T) => boolean,
): Difference[] {
  const standing = new Map(found.map((thing) => [nameOf(thing), thing]));
  const names = new Set(wanted.map(nameOf));
  const lacking = wanted.flatMap((thing): Difference[] => {
    const name = nameOf(thing);
    const other = standing.get(name);
    if (other === undefined) return [{ what, name, how: 'missing', wanted: thing }];
    return isDeepStrictEqual(other, thing) ? [] : [{ what, name, how: 'different', wanted: thing, found: other }];
  });
  const extra = found.filter((thing) => ours(thing) && !names.has(nameOf(thing)));
  return [...lacking, ...extra.map((thing): Difference => ({ what, name: nameOf(thing), how: 'extra', found: thing }))];
}

/** A difference never shows a password or its hash. */
function passwords(users: readonly BrokerUser[], found: Definitions['users']): Difference[] {
  return users.flatMap(({ name, password }): Difference[] => {
    const user = found.find((each) => each.name === name);
    if (!user) return [{ what: 'user', name, how: 'missing' }];
    if (isHashOf(user.password_hash, password)) return [];
    return [{ what: 'user', name, how: 'different', found: 'another password' }];
  });
}

function bindingName({ source, destination, routing_key }: Definitions['bindings'][number]): string {
  return `${source} → ${destination} (${routing_key})`;
}

/** A channel's name has no dot; a nested fleet's exchange has one behind the path. */
export function isExchangeOf(path: string) {
  return ({ name }: { name: string }) => name.startsWith(`${path}.`) && !name.slice(path.length + 1).includes('.');
}

function isQueueOf(path: string) {
  const standing = new RegExp(`^(retry\\.[^.]+\\.)?(${SYSTEMS.join('|')})\\.(?!handover\\.)`);
  return ({ name }: { name: string }) => name.startsWith(`${path}.`) && standing.test(name.slice(path.length + 1));
}

function nothing(): boolean {
  return false;
}
