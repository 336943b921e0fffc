import { z } from 'zod';
import { System } from '../systems.js';
import { defineMessage } from './message.js';

/** The process that an instance runs in; instances of one process have the same. */
export const Vitals = z.looseObject({
  host: z.string(),
  pid: z.number().int(),
  node: z.string(),
  /** Resident memory, bytes. */
  memory: z.number(),
  /** Cores used since the heartbeat before: 1 is one core all the time. */
  cpu: z.number(),
  /** Lateness of the event loop since the heartbeat before, 99th percentile, ms. */
  lag: z.number(),
});
export type Vitals = z.infer<typeof Vitals>;

/** ms from one heartbeat to the next where it does not say, and how many may be missed. */
const EVERY = 2000;
const MISSED = 3;

/**
 * ms without a word after which an instance no longer counts as living. @param every ms from one of its heartbeats to
 * the next
 */
export const livingFor = (every: number = EVERY): number => MISSED * every;

/**
 * Every service, every two seconds where it does not say otherwise. Key: `<from>.<instance>.heartbeat`. Times in ms
 * since the epoch.
 */
export const Heartbeat = defineMessage(
  'any',
  'heartbeat',
  'report',
  z.looseObject({
    system: System,
    instance: z.string(),
    version: z.string(),
    /** `standby`: runs, but another instance leads. */
    state: z.enum(['active', 'standby', 'draining']),
    epoch: z.number().int().optional(),
    started: z.number(),
    /** Milliseconds until the next one. */
    every: z.number().positive().optional(),
    ready: z.boolean(),
    /** Name of a health check → what is wrong; empty when all is well. */
    trouble: z.record(z.string(), z.string()).default({}),
    /** Absent from versions that did not say it. */
    vitals: Vitals.optional(),
  }),
);
