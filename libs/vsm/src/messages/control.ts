import { z } from 'zod';
import { defineMessage } from './message.js';

/**
 * Beer's three achievements of a unit and their ratios (Brain of the Firm, ch. 11). The first three are answered events a
 * minute; the ratios are between 0 and 1, null where too little happened to say.
 */
export const Achievement = z.looseObject({
  /** What it does now, over the window. */
  actuality: z.number(),
  /** The most it has kept up, with what it has. */
  capability: z.number().nullable(),
  /** What it could do with the whole pool at its pace. */
  potentiality: z.number().nullable(),
  /** actuality / capability */
  productivity: z.number().nullable(),
  /** capability / potentiality */
  latency: z.number().nullable(),
  /** productivity × latency = actuality / potentiality */
  performance: z.number().nullable(),
});
export type Achievement = z.infer<typeof Achievement>;

/** System 3's view of the operations, every few seconds in which something changed. Key: `s3.<instance>.performance`. */
export const Performance = defineMessage(
  's3',
  'performance',
  'report',
  z.looseObject({
    /** Milliseconds over which it is measured. */
    window: z.number(),
    /** Answered events over attempted ones (answered, dead, doubt) in the window; null when nothing was attempted. */
    efficiency: z.number().nullable(),
    attempted: z.number().int(),
    units: z.record(z.string(), Achievement),
  }),
);

/**
 * System 3 → every replica: what each unit may run there at the same time. It replaces what was said before, and lapses `lease` ms after it
 * came; then each replica shares by itself. Units that are not named run as there is room. Key: `s1.all.grants`.
 */
export const Shares = defineMessage(
  's3',
  'grants',
  'command',
  z.looseObject({
    epoch: z.number().int(),
    lease: z.number().positive(),
    /** Names; the columns below follow their order. */
    units: z.array(z.string()),
    /** Replica → operations at the same time of each unit; null: as there is room. */
    replicas: z.record(z.string(), z.array(z.number().int().min(0).nullable())),
    /** Replica → operations that may begin there in a second: in all, and of each unit; what these leave is for units that are not named. */
    rates: z.record(z.string(), z.object({ all: z.number().min(0), units: z.array(z.number().min(0)) })).optional(),
  }),
);
