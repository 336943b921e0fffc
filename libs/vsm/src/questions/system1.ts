import { z } from 'zod';
import { Confinement } from '../capability.js';
import { Counts, HeldFilter, HeldReason, Outcome, OutcomeFilter, ParkedCause } from '../messages/operations.js';
import { Units } from '../unit.js';
import { Nothing, type Question, question } from './question.js';

export const Waiting = z.object({
  type: z.string(),
  unit: z.string(),
  events: z.number().int(),
  /** ms since the epoch of the oldest. */
  since: z.number(),
  cause: ParkedCause,
  because: z.string(),
  /** The server that is missing now, of kinds whose cause is `unavailable`. */
  server: z.string().optional(),
  /** `data` of up to five of them, newest first. */
  samples: z.array(z.unknown()),
  /** `traceparent` of those among them that have one. */
  traces: z.array(z.string()).optional(),
});
export type Waiting = z.infer<typeof Waiting>;

export const HeldEvent = z.looseObject({
  source: z.string(),
  id: z.string(),
  type: z.string(),
  unit: z.string(),
  state: z.string(),
  reason: HeldReason.nullable(),
  because: z.string(),
  attempts: z.number().int(),
  at: z.number(),
  event: z.unknown().optional(),
});
export type HeldEvent = z.infer<typeof HeldEvent>;

/** An outcome as it was said, and when (ms since the epoch). */
export const SettledEvent = Outcome.data.extend({ at: z.number() });
export type SettledEvent = z.infer<typeof SettledEvent>;

/** The questions that System 1 answers. */
export const SYSTEM1_QUESTIONS = {
  units: question(
    's1',
    'units',
    z.looseObject({
      /** Only this one, with all that is known of it. */
      name: z.string().optional(),
      /** In the order of names, those after this one. */
      after: z.string().optional(),
      limit: z.number().int().min(0).max(1000).default(1000),
    }),
    z.object({
      /** Of all units, however many are listed, and the version of their rows. */
      total: z.number().int(),
      version: z.number().int(),
      units: z.array(
        z.looseObject({
          name: z.string(),
          absorbs: z.array(z.string()),
          responses: z.record(z.string(), z.unknown()),
          weight: z.number(),
          acquired: z.array(z.string()),
          /** Path of the fleet that the unit is. */
          system: z.string().optional(),
          /** Asked for by name: as it was written, and how it does at the replica that answers. */
          unit: z.record(z.string(), z.unknown()).optional(),
          running: z.number().int().optional(),
          waiting: z.number().int().optional(),
          breakers: z
            .array(
              z.object({
                tool: z.string(),
                state: z.enum(['closed', 'open', 'half-open']),
                /** Of its last calls, those that failed. */
                failed: z.number().int(),
                of: z.number().int(),
                /** ms since the epoch until which it stays open. */
                until: z.number().optional(),
              }),
            )
            .optional(),
        }),
      ),
    }),
  ),
  /** Problems of units that somebody wants: expressions that do not compile. */
  examine: question('s1', 'examine', z.object({ units: Units }), z.object({ problems: z.array(z.string()) })),
  waiting: question(
    's1',
    'waiting',
    z.object({
      /** The most frequent kinds, unless `types` or `after` say which; these count only what they list. */
      limit: z.number().int().max(1000).default(100),
      types: z.array(z.string()).max(1000).optional(),
      /** The next ones after this type, in the order of types. */
      after: z.string().optional(),
    }),
    z.object({
      types: z.number().int(),
      events: z.number().int(),
      waiting: z.array(Waiting),
    }),
  ),
  held: question('s1', 'held', HeldFilter, z.object({ total: z.number().int(), held: z.array(HeldEvent) })),
  /** Outcomes of the latest events, newest first; of those that wait, why. */
  outcomes: question('s1', 'outcomes', OutcomeFilter, z.object({ outcomes: z.array(SettledEvent) })),
  /** States of all events, from the ledger. */
  account: question('s1', 'account', Nothing, z.object({ received: z.number().int(), outcomes: Counts })),
  /** State of a server. A replica that does not run it names the one that does, to be asked instead. */
  test: question(
    's1',
    'test',
    z.object({ server: z.string() }),
    z.looseObject({
      server: z.string(),
      ok: z.boolean(),
      /** The replica that answers, and the one that runs the server. */
      instance: z.string(),
      elsewhere: z.string().optional(),
      /** ms until it answered a ping. */
      latency: z.number().optional(),
      /** The MCP version that was agreed on. */
      protocol: z.string().optional(),
      /** Its name in its own words. */
      serverInfo: z.object({ name: z.string(), version: z.string() }).optional(),
      /** Names of the tools that may be called. */
      tools: z.array(z.string()),
      confinement: Confinement.optional(),
      /** Reason why it cannot be used, and what to do. */
      reason: z.string().optional(),
      mend: z.string().optional(),
    }),
  ),
} as const satisfies Record<string, Question>;
