import { z } from 'zod';
import { Capability } from '../capability.js';
import { Audited } from '../messages/audit.js';
import { Intervention, Performance, Rung } from '../messages/control.js';
import { HeldFilter, Outcome, PersonsAnswer } from '../messages/operations.js';
import { SystemView } from '../messages/recursion.js';
import { ToolRef, UnitName, Units } from '../unit.js';
import { Accepted, By, Nothing, petition, type Question, question } from './question.js';

const ArrangedUnits = z.looseObject({
  accepted: z.boolean(),
  because: z.string(),
  /** The version of the rows in which it stands. */
  version: z.number().int().optional(),
  /** Names of units that were set or removed; those that were so already are not among them. */
  set: z.array(z.string()).optional(),
  removed: z.array(z.string()).optional(),
});

/** The questions that System 3 answers. */
export const SYSTEM3_QUESTIONS = {
  /** Shares of the pool of operations at the same time. */
  control: question(
    's3',
    'control',
    Nothing,
    z.looseObject({
      /** Operations that are shared, and how many units want in all. */
      pool: z.number().int(),
      demand: z.number(),
      replicas: z.array(z.object({ instance: z.string(), capacity: z.number().int() })),
      /** Operations that may begin in a second, where that is bounded. */
      rate: z.number().optional(),
      /** Scarce resources: `operations`, `rate`, counted resources. */
      scarce: z.array(z.string()),
      /** Autonomy of the units that System 3 spends, since it leads. */
      autonomy: z.looseObject({
        spent: z.record(Rung, z.number().int()),
        /** Seconds of interventions, those that are under way included. */
        seconds: z.number(),
        active: z.array(Intervention),
      }),
      /** As Beer measures it, the last minute. */
      performance: Performance.data,
      /** Units that are moved slowly, because their shares swung. */
      damped: z.array(z.string()),
      /** The last audit in which there was something to look at. */
      audit: Audited.data.optional(),
      /** Units that want something, the most first. */
      units: z.array(
        z.looseObject({
          unit: z.string(),
          /** As it counts: System 5's priority and the unit's variety are in it. */
          weight: z.number(),
          priority: z.number(),
          /** Kinds of events that it met lately, and those of them that it has an answer to. */
          kinds: z.object({ met: z.number().int(), answered: z.number().int() }),
          minimum: z.number(),
          cap: z.number().optional(),
          wants: z.number(),
          slots: z.number().int(),
          /** Operations a second that it may begin, where that is bounded. */
          rate: z.number().optional(),
        }),
      ),
    }),
  ),
  /** The units that are systems, by unit, as they last reported, and so on down to `recursion_depth`. */
  recursion: question(
    's3',
    'recursion',
    Nothing,
    z.object({ path: z.string(), units: z.record(z.string(), SystemView) }),
  ),
  capabilities: question(
    's3',
    'capabilities',
    Nothing,
    z.object({ version: z.number().int(), capabilities: z.array(Capability) }),
  ),
  /** Row A8. Waits for the outcome, at most `wait` ms. */
  operate: petition(
    's3',
    'operate',
    z.object({
      type: z.string().optional(),
      tool: ToolRef,
      params: z.record(z.string(), z.unknown()).default({}),
      /**
       * Id of the event that stands for it, for who follows it; the same id runs once. System 3 makes one where absent.
       */
      operation: z.string().min(1).max(200).optional(),
      by: By,
      wait: z.number().min(0).max(600_000).default(30_000),
    }),
    z.looseObject({ operation: z.string(), outcome: Outcome.data.optional(), refused: z.string().optional() }),
  ),
  settle: petition(
    's3',
    'settle',
    z.object({ how: z.enum(['replay', 'discard', 'done']), filter: HeldFilter, because: z.string().min(1), by: By }),
    Accepted,
  ),
  /** A person's answer to an event that was `asked` (`call: person`). */
  answer: petition(
    's3',
    'answer',
    PersonsAnswer.extend({ id: z.string().min(1), source: z.string().optional() }),
    Accepted,
  ),
  /** Units set (created or changed) and removed, all together or none. */
  arrange: petition(
    's3',
    'arrange',
    z.object({
      set: Units.default({}),
      remove: z.array(UnitName).default([]),
      /** All that are set are to be new. */
      fresh: z.boolean().default(false),
      because: z.string().default(''),
      by: By,
    }),
    ArrangedUnits,
  ),
  /** The units of vsmcp.yaml, read anew. */
  configure: petition('s3', 'configure', z.object({ units: Units, by: By }), ArrangedUnits),
  /** Somebody says whose purpose comes first where units undo each other. */
  prefer: petition(
    's3',
    'prefer',
    z.object({ unit: z.string().min(1), resource: z.string().min(1), because: z.string().min(1), by: By }),
    Accepted,
  ),
} as const satisfies Record<string, Question>;
