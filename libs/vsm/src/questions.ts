import { z } from 'zod';
import { Candidate, Capability, Confinement, Tool } from './capability.js';
import { Acquisition, Verdict } from './messages/acquisition.js';
import { AlertState } from './messages/algedonic.js';
import { Audited } from './messages/audit.js';
import { Intervention, Need, Performance, Rung } from './messages/control.js';
import { ClaimedResource, Loop, Precedence } from './messages/coordination.js';
import { Counts, HeldFilter, HeldReason, Outcome, ParkedCause, PersonsAnswer } from './messages/operations.js';
import { Vitals } from './messages/presence.js';
import { SystemView } from './messages/recursion.js';
import { Pathology } from './pathologies.js';
import { System } from './systems.js';
import { ToolRef, UnitName, Units } from './unit.js';

/**
 * What may be asked over `vsm.query`, and the shape of the answer. Most change nothing. A *petition* asks System 3 or 5
 * for a change: the addressee decides under policy, journals who asked, and commands; the question itself changes nothing.
 */
export interface Question<A extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  to: System;
  verb: string;
  petition: boolean;
  ask: A;
  answer: R;
}

const question = <A extends z.ZodType, R extends z.ZodType>(
  to: System,
  verb: string,
  ask: A,
  answer: R,
): Question<A, R> => ({
  to,
  verb,
  petition: false,
  ask,
  answer,
});
const petition = <A extends z.ZodType, R extends z.ZodType>(
  to: System,
  verb: string,
  ask: A,
  answer: R,
): Question<A, R> => ({
  ...question(to, verb, ask, answer),
  petition: true,
});

const Nothing = z.looseObject({});
/** Who asks: the person or agent as the gateway knows it. */
const By = z.string().min(1);

/** Variety in states (disturbance types) and events, over `window` ms; bits where the sample carries them. */
export const VarietyReport = z.looseObject({
  window: z.number(),
  /** Disturbance types seen, plus the Chao1 estimate of the unseen. */
  required: z.number(),
  /** Types with a response, each times its success rate. */
  available: z.number(),
  gap: z.number(),
  seen: z.number().int(),
  unseen: z.number(),
  /** Types that wait for a tool, and their events. */
  waiting: z.object({ types: z.number().int(), events: z.number().int() }),
  /** Share of events answered, noted, attenuated, or settled by policy; null when nothing happened. */
  answered: z.number().nullable(),
  /** Entropy of the disturbances in bits by Chao–Shen, or why it is not said. */
  bits: z.union([
    z.object({ value: z.number(), low: z.number(), high: z.number() }),
    z.object({ unknown: z.string() }),
  ]),
});
export type VarietyReport = z.infer<typeof VarietyReport>;

/** An instance as its heartbeats show it. */
export const InstanceSeen = z.looseObject({
  instance: z.string(),
  /** `silent`: its heartbeat stopped without a farewell. */
  state: z.string(),
  ready: z.boolean(),
  version: z.string(),
  trouble: z.record(z.string(), z.string()),
  /** Of the lease that it leads under. */
  epoch: z.number().int().optional(),
  /** ms since the epoch. */
  started: z.number(),
  heard: z.number(),
  vitals: Vitals.optional(),
});

export const SystemStatus = z.looseObject({
  present: z.boolean(),
  instances: z.array(
    z.looseObject({
      instance: z.string(),
      state: z.string(),
      ready: z.boolean(),
      version: z.string(),
      trouble: z.record(z.string(), z.string()),
    }),
  ),
});

/** Row A1 of the features: every figure derives from what happened. */
export const Status = z.looseObject({
  name: z.string(),
  purpose: z.string(),
  viable: z.boolean(),
  /** Why not viable, or what endangers it; empty when all is well. */
  reasons: z.array(z.string()),
  systems: z.looseObject({
    1: SystemStatus.extend({ units: z.number().int(), variety_absorbed: z.number(), servers: z.number().int() }),
    2: SystemStatus.extend({ conflicts_resolved: z.number().int(), loops: z.array(z.unknown()) }),
    /** Performance of all units in the last minute, as Beer measures it: actuality over potentiality; null when nothing came. */
    3: SystemStatus.extend({ efficiency: z.number().nullable() }),
    4: SystemStatus.extend({
      threats: z.array(z.string()),
      opportunities: z.array(z.string()),
      acquisitions: z.array(Acquisition.data),
    }),
    5: SystemStatus.extend({
      policies_active: z.number().int(),
      pending: z.number().int(),
      alerts: z.array(AlertState.data),
    }),
  }),
  variety: VarietyReport,
  health: z.looseObject({
    status: z.enum(['ok', 'degraded', 'down']),
    services: z.record(z.string(), z.enum(['ok', 'degraded', 'down'])),
  }),
  /** Where events stand, from the ledger: it balances, Σ = received. */
  account: z.looseObject({ received: z.number().int(), outcomes: Counts }),
  /** What ails the fleet, by name. */
  pathologies: z.array(Pathology).default([]),
});
export type Status = z.infer<typeof Status>;

export const Waiting = z.object({
  type: z.string(),
  unit: z.string(),
  events: z.number().int(),
  /** ms since the epoch of the oldest. */
  since: z.number(),
  cause: ParkedCause,
  because: z.string(),
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

export const JournalEntry = z.looseObject({
  system: z.string(),
  epoch: z.number().int(),
  seq: z.number().int(),
  type: z.string(),
  at: z.number(),
  /** What caused it: ids of messages, proposals, people. */
  cause: z.string().nullable(),
  data: z.unknown(),
  hash: z.string(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

const Lease = z.looseObject({
  claim: z.string(),
  unit: z.string(),
  instance: z.string(),
  resources: z.array(ClaimedResource),
  token: z.number().int(),
  /** ms since the epoch */
  until: z.number(),
});

const ArrangedUnits = z.looseObject({
  accepted: z.boolean(),
  because: z.string(),
  /** The version of the rows in which it stands. */
  version: z.number().int().optional(),
  /** What was set or removed; those that were so already are not among them. */
  set: z.array(z.string()).optional(),
  removed: z.array(z.string()).optional(),
});

const Accepted = z.looseObject({ accepted: z.boolean(), because: z.string(), id: z.string().optional() });

export const QUESTIONS = {
  status: question('consciousness', 'status', Nothing, Status),
  /** Every system's instances, alive or just gone, and the processes they run in. */
  systems: question(
    'consciousness',
    'systems',
    z.looseObject({ system: System.optional() }),
    z.looseObject({
      systems: z.array(
        SystemStatus.extend({
          system: System,
          health: z.enum(['ok', 'degraded', 'down']),
          instances: z.array(InstanceSeen),
        }),
      ),
    }),
  ),
  /** Row A2. `gaps` name the system and a mend that exists. */
  variety: question(
    'consciousness',
    'variety',
    Nothing,
    z.looseObject({
      variety: VarietyReport,
      critical: z.boolean(),
      gaps: z.array(
        z.looseObject({
          system: z.string(),
          type: z.string().optional(),
          events: z.number().int(),
          recommendation: z.string(),
        }),
      ),
    }),
  ),
  journal: question(
    'consciousness',
    'journal',
    z.object({
      system: z.string().optional(),
      type: z.string().optional(),
      since: z.number().optional(),
      limit: z.number().int().max(1000).default(100),
    }),
    z.object({ entries: z.array(JournalEntry) }),
  ),
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
  /** What is wrong with units that somebody wants: expressions that do not compile. */
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
  /** Where every event stands, from the ledger. */
  account: question('s1', 'account', Nothing, z.object({ received: z.number().int(), outcomes: Counts })),
  /** How the pool of operations at the same time is shared. */
  control: question(
    's3',
    'control',
    Nothing,
    z.looseObject({
      /** What is shared, and what units want of it in all. */
      pool: z.number().int(),
      demand: z.number(),
      replicas: z.array(z.object({ instance: z.string(), capacity: z.number().int() })),
      /** Operations that may begin in a second, where that is bounded. */
      rate: z.number().optional(),
      /** What is used up: `operations`, `rate`, counted resources. */
      scarce: z.array(z.string()),
      /** What System 3 spends of the units' autonomy, since it leads. */
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
  /** How a server does. A replica that does not run it names the one that does, to be asked instead. */
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
      /** Who it says it is. */
      serverInfo: z.object({ name: z.string(), version: z.string() }).optional(),
      /** Names of the tools that may be called. */
      tools: z.array(z.string()),
      confinement: Confinement.optional(),
      /** Why it cannot be used, and what to do. */
      reason: z.string().optional(),
      mend: z.string().optional(),
    }),
  ),
  discover: question(
    's4',
    'discover',
    z.object({ text: z.string().optional(), limit: z.number().int().max(200).default(50) }),
    z.object({
      registries: z.array(
        z.looseObject({
          registry: z.string(),
          servers: z.number().int(),
          error: z.string().optional(),
          /** The first entries that are malformed and left out, with what is wrong. */
          left: z.array(z.string()).optional(),
        }),
      ),
      candidates: z.array(Candidate.extend({ tools: z.array(Tool).optional() })),
      /** Servers that match the text too and cannot be acquired, and why. */
      unusable: z
        .array(z.object({ name: z.string(), version: z.string(), registry: z.string(), because: z.string() }))
        .optional(),
    }),
  ),
  acquisitions: question('s4', 'acquisitions', Nothing, z.object({ acquisitions: z.array(Acquisition.data) })),
  decisions: question(
    's5',
    'decisions',
    Nothing,
    z.object({
      pending: z.array(Verdict.data.extend({ until: z.number() })),
      decided: z.array(Verdict.data.extend({ at: z.number() })),
      /** What System 3 cannot settle by itself. */
      needs: z.array(Need).optional(),
    }),
  ),
  alerts: question('s5', 'alerts', Nothing, z.object({ alerts: z.array(AlertState.data) })),
  policies: question(
    's5',
    'policies',
    Nothing,
    z.looseObject({
      purpose: z.string(),
      policies: z.array(
        z.looseObject({ name: z.string(), because: z.string().optional(), cedar: z.string().optional() }),
      ),
    }),
  ),
  /** May this be done under policy? System 3 asks before it commands an operation that somebody wants. */
  permit: question(
    's5',
    'permit',
    z.object({
      action: z.string(),
      by: By,
      server: z.string().optional(),
      tool: z.string().optional(),
      arguments: z.array(z.string()).default([]),
    }),
    z.object({ permitted: z.boolean(), rule: z.string(), because: z.string() }),
  ),
  /** Two units undo each other: whose purpose comes first? No `first` where policy does not say; then a person may (`prefer`). */
  whose: question(
    's5',
    'whose',
    z.object({ units: z.array(z.string()), resource: z.string() }),
    z.object({ first: Precedence.optional() }),
  ),
  coordination: question(
    's2',
    'coordination',
    Nothing,
    z.looseObject({
      /** Up to a thousand of those held; `held` and `waiting` count all. */
      leases: z.array(Lease),
      held: z.number().int(),
      waiting: z.number().int(),
      loops: z.array(Loop.data),
      /** Servers with a rate, and how it was dealt out. Times in ms. */
      schedules: z.array(
        z.looseObject({
          server: z.string(),
          /** At most `calls` in any `per` ms; absent where it has opening hours only. */
          calls: z.number().int().optional(),
          per: z.number().optional(),
          /** Closed until then, ms since the epoch; absent while it is open. */
          closed: z.number().optional(),
          /** Calls since this coordinator leads. */
          granted: z.number().int(),
          units: z.array(
            z.looseObject({
              unit: z.string(),
              granted: z.number().int(),
              /** Wishes that wait now. */
              waiting: z.number().int(),
              /** Turns that had to wait, in all and at most for how long. */
              waited: z.number().int(),
              total: z.number(),
              longest: z.number(),
            }),
          ),
        }),
      ),
      conflicts_resolved: z.number().int(),
      /** The last ones, newest first. turn: it waited until the resources were free; cooled: it was held back because units undo each other. */
      resolved: z.array(
        z.looseObject({
          at: z.number(),
          /** turn: waited for its turn; cooled: held back in a loop; first: the others yield to it. */
          how: z.enum(['turn', 'cooled', 'first']),
          unit: z.string(),
          resources: z.array(z.string()),
          /** ms */
          waited: z.number(),
          /** The units that were before it, or that it fights. */
          behind: z.array(z.string()),
        }),
      ),
      /** Unit by unit: claims granted, how many of them waited, and for how long (ms) in all and at most. */
      waits: z.array(
        z.looseObject({
          unit: z.string(),
          claims: z.number().int(),
          waited: z.number().int(),
          total: z.number(),
          longest: z.number(),
        }),
      ),
    }),
  ),
  /** Which of these claims were granted, and under which token; `since` when (ms since the epoch) that is remembered. */
  granted: question(
    's2',
    'granted',
    z.object({ claims: z.array(z.string()).max(1000) }),
    z.object({ since: z.number(), granted: z.array(z.object({ claim: z.string(), token: z.number().int() })) }),
  ),

  /** Row A8. Waits for the outcome, at most `wait` ms. */
  operate: petition(
    's3',
    'operate',
    z.object({
      type: z.string().optional(),
      tool: ToolRef,
      params: z.record(z.string(), z.unknown()).default({}),
      /** Id of the event that stands for it, for who follows it; the same id runs once. System 3 makes one where absent. */
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
  /** What a person says to an event that was `asked` (`call: person`). */
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
  /** What matters more, unit by unit, in place of what was said before: `policy.priority`, changed live. */
  prioritize: petition(
    's5',
    'prioritize',
    z.object({ priority: z.record(UnitName, z.number().positive()), because: z.string().default(''), by: By }),
    Accepted,
  ),
  /** Somebody says whose purpose comes first where units undo each other. */
  prefer: petition(
    's3',
    'prefer',
    z.object({ unit: z.string().min(1), resource: z.string().min(1), because: z.string().min(1), by: By }),
    Accepted,
  ),
  /** System 3 tells System 2 whose purpose comes first on a resource. */
  precede: petition('s2', 'precede', z.object({ resource: z.string(), first: Precedence, by: By }), Accepted),
  /** Row A7. */
  acquire: petition(
    's5',
    'acquire',
    z.object({ server: z.string().optional(), tool: z.string().optional(), type: z.string().optional(), by: By }),
    Accepted,
  ),
  /** To have a server that was acquired in another version, as it was before, or no more. */
  change: petition(
    's5',
    'change',
    z.object({
      server: z.string(),
      how: z.enum(['upgrade', 'rollback', 'dismiss']),
      /** For an upgrade: the exact version. */
      version: z.string().optional(),
      because: z.string().default(''),
      by: By,
    }),
    Accepted,
  ),
  decide: petition(
    's5',
    'decide',
    z.object({ proposal: z.string(), verdict: z.enum(['allow', 'deny']), because: z.string().default(''), by: By }),
    Accepted,
  ),
  acknowledge: petition(
    's5',
    'acknowledge',
    z.object({ alert: z.string().optional(), by: By }),
    z.object({ acknowledged: z.array(z.string()) }),
  ),
} as const satisfies Record<string, Question>;

export type QuestionName = keyof typeof QUESTIONS;
export type Ask<N extends QuestionName> = z.input<(typeof QUESTIONS)[N]['ask']>;
export type Asked<N extends QuestionName> = z.output<(typeof QUESTIONS)[N]['ask']>;
export type Answer<N extends QuestionName> = z.output<(typeof QUESTIONS)[N]['answer']>;
