import type { Channel } from './channels.js';
import type { Party } from './systems.js';

/**
 * The durable queues: what outlives any single process. Everything else a service listens on is a queue of its own
 * instance that goes with it. Names are behind the fleet's path: `vsm.s1.work`.
 */
export interface DurableQueue {
  owner: Party;
  channel: Channel;
  bind: readonly string[];
  /** quorum: replicated, counts deliveries. classic: bounded, the oldest goes first, for what grows stale. */
  kind: 'quorum' | 'classic';
  /** Classic only: most messages kept. */
  most?: number;
  /** Classic only: milliseconds after which a message is worthless. */
  expires?: number;
  /**
   * The part of the environment's events that it takes (`order.ts`): those without a partition key, for which all
   * compete, or those of its partition, in order, with one consumer at a time.
   */
  sort?: 'unordered' | 'ordered';
  /** Has delay queues behind `vsm.retry`, so that a message can come back later. */
  retry?: true;
}

export const QUEUES = {
  's1.work': { owner: 's1', channel: 'environment', sort: 'unordered', bind: ['#'], kind: 'quorum', retry: true },
  's1.ordered.0': partition(),
  's1.ordered.1': partition(),
  's1.ordered.2': partition(),
  's1.ordered.3': partition(),
  's1.ordered.4': partition(),
  's1.ordered.5': partition(),
  's1.ordered.6': partition(),
  's1.ordered.7': partition(),
  's1.command': { owner: 's1', channel: 'command', bind: ['s1.any.*'], kind: 'quorum', retry: true },
  's1.dead': { owner: 's1', channel: 'dead', bind: ['#'], kind: 'quorum' },
  's1.query': { owner: 's1', channel: 'query', bind: ['s1.any.*'], kind: 'classic', most: 10_000, expires: 30_000 },
  's2.coordination': {
    owner: 's2',
    channel: 'coordination',
    bind: ['claim.*', 'release.*', 'balance.*', 'stock.*', 'turn.*'],
    kind: 'classic',
    most: 100_000,
    expires: 30_000,
  },
  's2.query': { owner: 's2', channel: 'query', bind: ['s2.any.*'], kind: 'classic', most: 10_000, expires: 30_000 },
  's3.report': { owner: 's3', channel: 'report', bind: ['#'], kind: 'classic', most: 10_000 },
  's3.intelligence': { owner: 's3', channel: 'intelligence', bind: ['s5.verdict'], kind: 'quorum', retry: true },
  's3.command': { owner: 's3', channel: 'command', bind: ['s3.*.*'], kind: 'quorum', retry: true },
  's3.query': { owner: 's3', channel: 'query', bind: ['s3.any.*'], kind: 'classic', most: 10_000, expires: 30_000 },
  's4.report': { owner: 's4', channel: 'report', bind: ['s1.*.*', 'gateway.*.demand'], kind: 'classic', most: 10_000 },
  's4.intelligence': { owner: 's4', channel: 'intelligence', bind: ['s5.*', 's3.*'], kind: 'quorum', retry: true },
  's4.command': { owner: 's4', channel: 'command', bind: ['s4.*.*'], kind: 'quorum', retry: true },
  's4.query': { owner: 's4', channel: 'query', bind: ['s4.any.*'], kind: 'classic', most: 10_000, expires: 30_000 },
  's5.intelligence': {
    owner: 's5',
    channel: 'intelligence',
    bind: ['s4.proposal', 's3.*'],
    kind: 'quorum',
    retry: true,
  },
  's5.algedonic': { owner: 's5', channel: 'algedonic', bind: ['#'], kind: 'quorum' },
  's5.query': { owner: 's5', channel: 'query', bind: ['s5.any.*'], kind: 'classic', most: 10_000, expires: 30_000 },
  'consciousness.query': {
    owner: 'consciousness',
    channel: 'query',
    bind: ['consciousness.any.*'],
    kind: 'classic',
    most: 10_000,
    expires: 30_000,
  },
} as const satisfies Record<string, DurableQueue>;

/**
 * The hash exchange takes the binding's key for the queue's weight. No delays: what comes again must not be overtaken.
 */
function partition() {
  return { owner: 's1', channel: 'environment', sort: 'ordered', bind: ['1'], kind: 'quorum' } as const;
}

export type QueueName = keyof typeof QUEUES;

/**
 * Queues among which events with a partition key are parted, each read by one replica at a time. None can be added to a
 * running fleet: keys would change their queue while events of theirs wait in the old one.
 */
export const PARTITION_QUEUES = [
  's1.ordered.0',
  's1.ordered.1',
  's1.ordered.2',
  's1.ordered.3',
  's1.ordered.4',
  's1.ordered.5',
  's1.ordered.6',
  's1.ordered.7',
] as const satisfies readonly QueueName[];

/** The queue of events for a server whose calls run one at a time, read by the replica that owns the server. */
export function handoverQueue(server: string): { name: string; queue: DurableQueue } {
  return {
    name: `s1.handover.${server}`,
    queue: { owner: 's1', channel: 'coordination', bind: [`handover.${server}`], kind: 'quorum', retry: true },
  };
}

/** Delays (ms) after which something can come back, each a fixed queue: per-message TTL would block at the head. */
export const RETRY_DELAYS = { '1s': 1000, '5s': 5000, '30s': 30_000, '5m': 300_000 } as const;
export type RetryDelay = keyof typeof RETRY_DELAYS;
