import { z } from 'zod';
import { defineMessage } from './message.js';

/**
 * Pain or pleasure, past the hierarchy. Key: `<severity>.<from>.<unit>`. The same `alert` id raises, repeats and
 * closes.
 */
export const Severity = z.enum(['pain', 'critical', 'pleasure']);
export type Severity = z.infer<typeof Severity>;

export const Algedonic = defineMessage(
  'any',
  'algedonic',
  'algedonic',
  z.looseObject({
    /** Name of the pain, the same each time it hurts: `silence:backups:file.ok`. */
    alert: z.string(),
    severity: Severity,
    unit: z.string(),
    what: z.string(),
    /** ms since the epoch. */
    since: z.number(),
    /**
     * It has been through the System 5 of a unit that is a system, whose time is over: System 5 here is told at once.
     */
    climbed: z.boolean().optional(),
  }),
);

/** An alert as System 5 handles it: told to the owner, climbed, acknowledged, closed. Key: `s5.alert`. */
export const AlertState = defineMessage(
  's5',
  'alert',
  'intelligence',
  z.looseObject({
    alert: z.string(),
    severity: Severity,
    unit: z.string(),
    what: z.string(),
    since: z.number(),
    /** `owner`: the owner is told; `system5`: nobody acknowledged in time; then acknowledged or closed. */
    level: z.enum(['owner', 'system5', 'acknowledged', 'closed']),
    told: z.array(z.string()),
    by: z.string().optional(),
    /** Time at which the fleet above was told, ms since the epoch. */
    above: z.number().optional(),
  }),
);
