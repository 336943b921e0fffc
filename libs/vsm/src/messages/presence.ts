import { z } from 'zod';
import { System } from '../systems.js';
import { defineMessage } from './message.js';

/** Every service, every two seconds where it does not say otherwise. Key: `<from>.<instance>.heartbeat`. Times in ms since the epoch. */
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
  }),
);
