import { z } from 'zod';
import { Severity } from './algedonic.js';
import { defineMessage } from './message.js';

/** State of a fleet, in the few figures that the one above needs, and the fleets that are units of it. */
export const SystemReport = z.looseObject({
  path: z.string(),
  name: z.string(),
  viable: z.boolean(),
  /** The first of its reasons, for a person. */
  reasons: z.array(z.string()),
  /** In kinds of events; the share of events that were settled, null when nothing happened. */
  variety: z.looseObject({
    required: z.number(),
    available: z.number(),
    gap: z.number(),
    answered: z.number().nullable(),
    waiting: z.object({ types: z.number().int(), events: z.number().int() }),
  }),
  /** Answered operations over attempted ones; null when nothing was attempted. */
  efficiency: z.number().nullable(),
  /** Alerts that stand. */
  alerts: z.number().int(),
  /** By unit. */
  get units(): z.ZodRecord<z.ZodString, typeof SystemView> {
    return z.record(z.string(), SystemView);
  },
});
export type SystemReport = z.infer<typeof SystemReport>;

/**
 * A unit that is a system, as it is known above: its last report, and when that came (ms since the epoch); neither
 * before the first.
 */
export const SystemView = z.looseObject({
  path: z.string(),
  heard: z.number().nullable(),
  get report(): z.ZodOptional<typeof SystemReport> {
    return SystemReport.optional();
  },
});
export type SystemView = z.infer<typeof SystemView>;

/** System 5 → System 3 of the fleet above: on change, and as a heartbeat. Key: `report`. */
export const Reported = defineMessage('s5', 'reported', 'metasystem', SystemReport);

/**
 * System 5 → System 5 of the fleet above: pain that nobody acknowledged here in time (severity pleasure: somebody did,
 * or it is over). Key: `pain`.
 */
export const Climbed = defineMessage(
  's5',
  'climbed',
  'metasystem',
  z.looseObject({
    alert: z.string(),
    severity: Severity,
    unit: z.string(),
    what: z.string(),
    /** Times at which it began and climbed, ms since the epoch. */
    since: z.number(),
    at: z.number(),
  }),
);

/** The border hands the report of a unit that is a system to System 3. Key: `s1.<unit>.below`. */
export const Below = defineMessage('s1', 'below', 'report', z.looseObject({ unit: z.string(), report: SystemReport }));
