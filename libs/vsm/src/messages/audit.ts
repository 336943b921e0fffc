import { z } from 'zod';
import { type DataOf, defineMessage } from './message.js';
import { OutcomeKind } from './operations.js';

/** An operation by its event. */
const Operation = z.object({ source: z.string(), id: z.string() });
export type OperationRef = z.infer<typeof Operation>;

/** System 3* → the units: show how these operations of yours went. Key: `probe.<unit>`. */
export const Probe = defineMessage(
  's3',
  'probe',
  'audit',
  z.looseObject({ probe: z.string(), unit: z.string(), operations: z.array(Operation).min(1).max(100) }),
);

/**
 * Ends of the calls of one attempt at an event, as the unit itself saw it: written down before anything was reported.
 */
export const Ended = z.looseObject({
  ...Operation.shape,
  attempt: z.number().int(),
  /** answered: every step; failed: a tool said so, was not reached, or did not answer. */
  ended: z.enum(['answered', 'failed']),
  tool: z.string().optional(),
  /** The leases under which it was done, and when it began under them (ms since the epoch). */
  claims: z.array(z.object({ claim: z.string(), token: z.number().int().optional() })),
  at: z.number(),
});
export type Ended = z.infer<typeof Ended>;

/** A replica → System 3*: what it knows of them. Key: `evidence.<unit>`. */
export const Evidence = defineMessage(
  's1',
  'evidence',
  'audit',
  z.looseObject({ probe: z.string(), unit: z.string(), instance: z.string(), operations: z.array(Ended) }),
);

/**
 * Findings of an audit. count: a report's counts are not those of the outcomes that were said. outcome: what was said
 * is not what the ledger has, or not how the unit saw it end. contract: a tool that its server does not offer. claim:
 * done without the lease that it needs.
 */
export const Finding = z.looseObject({
  kind: z.enum(['count', 'outcome', 'contract', 'claim']),
  unit: z.string(),
  instance: z.string(),
  /** The event, where it is about one. */
  event: Operation.optional(),
  /** The report, and what was found in its place. */
  reported: z.string(),
  found: z.string(),
});
export type Finding = z.infer<typeof Finding>;

/** An audit by System 3*, with its findings. Key: `s3.<instance>.audited`. */
export const Audited = defineMessage(
  's3',
  'audited',
  'report',
  z.looseObject({
    audit: z.string(),
    /** Operations that were compared, those of them with evidence, and outcomes that were counted. */
    sampled: z.number().int(),
    witnessed: z.number().int(),
    counted: z.number().int(),
    outcomes: z.partialRecord(OutcomeKind, z.number().int()),
    findings: z.array(Finding),
  }),
);
export type Audit = DataOf<typeof Audited>;
