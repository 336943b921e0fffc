import { exchangeName } from './channels.js';
import { type BrokerCan, type ExchangeBinding, type ExchangeDeclaration, HASHING } from './declarations.js';
import type { CloudEvent } from './event.js';
import { PARTITION_QUEUES, type QueueName } from './queues.js';

/**
 * The two spellings of CloudEvents' `partitionkey` (its Partitioning extension) as an AMQP header, and the exchange
 * that hashes it. A broker routes by headers alone, so only a message that bears one is kept in order.
 */
export const PARTITION_HEADERS = {
  'cloudEvents:partitionkey': 'ordered',
  cloudEvents_partitionkey: 'ordered-underscore',
} as const;

const ARRIVAL = 'arrival';
const UNORDERED = 'unordered';

/** The exchanges that the queue of unordered work, and the partitions, are bound to. */
export function sortedFrom(path: string, sort: 'unordered' | 'ordered'): string[] {
  const names = sort === 'unordered' ? [UNORDERED] : Object.values(PARTITION_HEADERS);
  return names.map((name) => `${path}.${name}`);
}

/**
 * Exchanges behind `vsm.environment` that part its events: those with a partition key are hashed over the partitions,
 * the others go on to where everybody competes. Nobody publishes to these exchanges. What they bind to comes before
 * them.
 */
export function sorting(
  path: string,
  { hash }: BrokerCan,
): { exchanges: ExchangeDeclaration[]; exchangeBindings: ExchangeBinding[] } {
  const arrival = `${path}.${ARRIVAL}`;
  const headers = Object.entries(PARTITION_HEADERS);
  return {
    exchanges: [
      { name: `${path}.${UNORDERED}`, type: 'fanout', internal: true, arguments: {} },
      ...headers.map(
        ([header, name]): ExchangeDeclaration => ({
          name: `${path}.${name}`,
          internal: true,
          ...(hash ? { type: HASHING, arguments: { 'hash-header': header } } : { type: 'fanout', arguments: {} }),
        }),
      ),
      {
        name: arrival,
        type: 'headers',
        internal: true,
        // A message that matches no binding below has no key.
        arguments: { 'alternate-exchange': `${path}.${UNORDERED}` },
      },
    ],
    exchangeBindings: [
      ...headers.map(([header, name]) => ({
        from: arrival,
        to: `${path}.${name}`,
        key: '',
        // A void value matches whatever the header holds.
        arguments: { 'x-match': 'any', [header]: null },
      })),
      { from: exchangeName(path, 'environment'), to: arrival, key: '#', arguments: {} },
    ],
  };
}

/** The partition key in the headers of a message; undefined for one that is not kept in order. */
export function partitionKeyIn(headers: Readonly<Record<string, unknown>>): string | undefined {
  for (const header of Object.keys(PARTITION_HEADERS)) {
    if (header in headers) return String(headers[header]);
  }
  return undefined;
}

/** The partition key that an event says of itself. */
export function partitionKeyOf(event: CloudEvent): string | undefined {
  const key = event.partitionkey;
  return typeof key === 'string' || typeof key === 'number' ? String(key) : undefined;
}

/** Headers with which a message of this event is kept in order, where the event has a partition key. */
export function partitionHeaders(event: CloudEvent): Record<string, string> {
  const key = partitionKeyOf(event);
  return key === undefined ? {} : { 'cloudEvents:partitionkey': key };
}

/** The partition queue of a key, where no broker hashes it: FNV-1a over its UTF-16 code units. */
export function partitionOf(key: string): QueueName {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return PARTITION_QUEUES[(hash >>> 0) % PARTITION_QUEUES.length] ?? PARTITION_QUEUES[0];
}
