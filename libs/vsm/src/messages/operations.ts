import { z } from 'zod';
import { Attempts, Confinement, Grants, ServerSpec, Suspicion, Tool } from '../capability.js';
import { EventRef } from '../event.js';
import { ToolRef } from '../unit.js';
import { defineMessage } from './message.js';

/**
 * Reasons for which an event is held. parked: nothing answers it; dead: failed for good; doubt: the call may have
 * happened; asked: waits for a person.
 */
export const HeldReason = z.enum(['parked', 'dead', 'doubt', 'asked']);
export type HeldReason = z.infer<typeof HeldReason>;

/**
 * Causes for which an event is parked. unanswered: no response matches it; wanted: its unit says to look for a tool;
 * guard: its response does not hold for it; unavailable: the server of its response is not there (yet); below: its unit
 * is a system, and it waits there.
 */
export const ParkedCause = z.enum(['unanswered', 'wanted', 'guard', 'unavailable', 'below']);
export type ParkedCause = z.infer<typeof ParkedCause>;

/**
 * Outcomes of events. answered: a tool did it; noted: counted, no tool needed; attenuated: one of several in a
 * period stood for it; shed: let go under overload; refused: policy forbids; the rest are held.
 */
export const OutcomeKind = z.enum([
  'answered',
  'noted',
  'attenuated',
  'shed',
  'refused',
  ...HeldReason.options,
  'discarded',
]);
export type OutcomeKind = z.infer<typeof OutcomeKind>;
export const SETTLED = [
  'answered',
  'noted',
  'attenuated',
  'shed',
  'refused',
  'discarded',
] as const satisfies readonly OutcomeKind[];

/** One per event and change of fate, on `vsm.outcome` under `<outcome>.<event type>`; a repeat has the same id. */
export const Outcome = defineMessage(
  's1',
  'outcome',
  'outcome',
  z.looseObject({
    event: EventRef,
    unit: z.string(),
    outcome: OutcomeKind,
    cause: ParkedCause.optional(),
    /** For held, shed and refused: why, for a person. */
    reason: z.string().optional(),
    tool: ToolRef.optional(),
    /** The person who answered what it was held for. */
    by: z.string().optional(),
    /** The tool's answer: MCP content blocks, and structured content where given. */
    result: z.unknown().optional(),
    /** Milliseconds from arrival to settlement, and inside tools. */
    took: z.number().optional(),
    calling: z.number().optional(),
    attempts: z.number().int().optional(),
    instance: z.string(),
    /** Path of the fleet whose outcome this is, when the unit is a system. */
    below: z.string().optional(),
  }),
);

export const Counts = z.partialRecord(OutcomeKind, z.number().int());
export type Counts = z.infer<typeof Counts>;

/**
 * Counts of what one replica of System 1 did between two instants, every second in which something happened.
 * Key: `s1.<instance>.load`. All counts are events. Types beyond the 200 busiest are summed in `others`.
 */
export const Load = defineMessage(
  's1',
  'load',
  'report',
  z.looseObject({
    instance: z.string(),
    from: z.number(),
    to: z.number(),
    received: z.number().int(),
    duplicates: z.number().int(),
    retried: z.number().int(),
    /** Claims on shared resources that System 2 did not answer in time. */
    uncoordinated: z.number().int().optional(),
    running: z.number().int(),
    /** Concurrency this replica may use. */
    capacity: z.number().int(),
    outcomes: Counts,
    units: z.record(
      z.string(),
      z.looseObject({
        received: z.number().int(),
        outcomes: Counts,
        busy: z.number(),
        /**
         * Operations under way now, and how often one was turned away since, to come again, because the unit was past
         * its share.
         */
        running: z.number().int().optional(),
        turned: z.number().int().optional(),
      }),
    ),
    types: z.record(z.string(), Counts),
    /** The units of those types. */
    owners: z.record(z.string(), z.string()).optional(),
    others: z.looseObject({ types: z.number().int(), outcomes: Counts }),
    /** Tool → calls, errors, and milliseconds spent calling. */
    tools: z.record(z.string(), z.looseObject({ calls: z.number().int(), errors: z.number().int(), ms: z.number() })),
  }),
);

/** A call with literal arguments, for a trial. */
export const TrialCall = z.object({
  tool: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  /** The result that a sound tool gives for this input. */
  expect: z.enum(['answer', 'error']),
});
export type TrialCall = z.infer<typeof TrialCall>;

/**
 * System 3 → one replica of System 1: start this server confined, list its tools, make these calls. Key: `s1.any.try`.
 */
export const Try = defineMessage(
  's3',
  'try',
  'command',
  z.looseObject({
    proposal: z.string(),
    epoch: z.number().int(),
    spec: ServerSpec,
    grants: Grants,
    calls: z.array(TrialCall),
  }),
);

export const TrialResult = z.object({
  tool: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  expect: z.enum(['answer', 'error']),
  /** Content that came back: `isError` of the tool result, or a protocol error. */
  error: z.boolean(),
  content: z.unknown(),
  ms: z.number(),
});
export type TrialResult = z.infer<typeof TrialResult>;

/** Result of a trial. Key: `s1.<instance>.tried`. */
export const Tried = defineMessage(
  's1',
  'tried',
  'report',
  z.looseObject({
    proposal: z.string(),
    /** Of which package: several servers may be tried for one proposal at the same time. */
    npm: z.string(),
    instance: z.string(),
    ok: z.boolean(),
    reason: z.string().optional(),
    confinement: Confinement.optional(),
    integrity: z.string().optional(),
    /** The package's `mcpName`, if it has one: npm ownership of the registry name. */
    mcpName: z.string().optional(),
    contract: z.string().optional(),
    tools: z.array(Tool),
    /** Suspicions about what it declares, and in its results. */
    suspicions: z.array(Suspicion).optional(),
    /** Its attempts that were refused; absent where this machine cannot record it. */
    attempts: Attempts.optional(),
    results: z.array(TrialResult),
    /** Milliseconds to install and to start. */
    installing: z.number().optional(),
    starting: z.number().optional(),
  }),
);

/** System 3 → every replica: the capability rows are at this version, read them. Key: `s1.all.capabilities`. */
export const CapabilitiesChanged = defineMessage(
  's3',
  'capabilities',
  'command',
  z.looseObject({ version: z.number().int(), epoch: z.number().int() }),
);

/** System 3 → every replica: the unit rows are at this version, read them. Key: `s1.all.units`. */
export const UnitsChanged = defineMessage(
  's3',
  'units',
  'command',
  z.looseObject({ version: z.number().int(), epoch: z.number().int() }),
);

/** A replica has (or could not have) a capability. Key: `s1.<instance>.capability`. */
export const CapabilityState = defineMessage(
  's1',
  'capability',
  'report',
  z.looseObject({
    instance: z.string(),
    server: z.string(),
    proposal: z.string().optional(),
    state: z.enum(['ready', 'failed', 'suspended', 'removed']),
    reason: z.string().optional(),
    confinement: Confinement.optional(),
    contract: z.string().optional(),
    integrity: z.string().optional(),
    /** The package's `mcpName`. */
    mcpName: z.string().optional(),
    /** Those that are offered; of a suspended server all that it declares now. */
    tools: z.array(Tool),
    suspicions: z.array(Suspicion).optional(),
  }),
);

/**
 * System 3 → one replica: run this tool once, for a person or an agent. Key: `s1.any.operate`. The outcome goes to
 * `vsm.outcome`.
 */
export const Operate = defineMessage(
  's3',
  'operate',
  'command',
  z.looseObject({
    operation: z.string(),
    epoch: z.number().int(),
    /** Type of the event that stands for it in the ledger. */
    type: z.string(),
    tool: ToolRef,
    params: z.record(z.string(), z.unknown()),
    by: z.string(),
  }),
);

/**
 * Progress of a call under way, as its server says: at most once a second and call. Key: `s1.<instance>.progress`.
 * `done` grows towards `total`, where that is known; the words are the server's, cleaned.
 */
export const Progressed = defineMessage(
  's1',
  'progress',
  'report',
  z.looseObject({
    event: EventRef,
    unit: z.string(),
    tool: ToolRef,
    instance: z.string(),
    done: z.number(),
    total: z.number().optional(),
    message: z.string().optional(),
  }),
);

export const HeldFilter = z.object({
  reason: HeldReason.optional(),
  type: z.string().optional(),
  source: z.string().optional(),
  id: z.string().optional(),
  limit: z.number().int().positive().max(1000).default(100),
});
export type HeldFilter = z.infer<typeof HeldFilter>;

/** Which outcomes are asked for; newest first. */
export const OutcomeFilter = z.object({
  outcome: OutcomeKind.optional(),
  type: z.string().optional(),
  /** An event's id, or what its id begins with up to a `:`, as `inbox/milk.md` of a file that was dropped. */
  id: z.string().optional(),
  limit: z.number().int().positive().max(1000).default(100),
});
export type OutcomeFilter = z.infer<typeof OutcomeFilter>;

/** A person's answer to an event that was `asked`. */
export const PersonsAnswer = z.object({
  by: z.string(),
  verdict: z.enum(['approve', 'deny']),
  /** Of an approval: what the person gives, which stands as the result. */
  values: z.record(z.string(), z.unknown()).default({}),
  because: z.string().default(''),
});
export type PersonsAnswer = z.infer<typeof PersonsAnswer>;

/**
 * System 3 → one replica: settle held events. replay: try again; discard, refuse: let go, with the reason; done: what
 * is in doubt did happen, as somebody has seen; answer: what a person says to one that was asked. Key: `s1.any.settle`.
 */
export const Settle = defineMessage(
  's3',
  'settle',
  'command',
  z.looseObject({
    epoch: z.number().int(),
    how: z.enum(['replay', 'discard', 'refuse', 'done', 'answer']),
    filter: HeldFilter,
    because: z.string(),
    answer: PersonsAnswer.optional(),
  }),
);
