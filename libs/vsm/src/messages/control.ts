import { z } from 'zod';
import { defineMessage } from './message.js';

/**
 * Beer's three achievements of a unit and their ratios (Brain of the Firm, ch. 11), in events a minute. They are
 * measured against what the environment asks (docs/decisions/0015): nobody can answer what does not come. The ratios
 * are between 0 and 1, null where nothing came.
 */
export const Achievement = z.looseObject({
  /** Actuality: events that a tool answered. */
  actuality: z.number(),
  /** Capability: those that it could have answered of what came, with the tools and the share it has. */
  capability: z.number(),
  /** Potentiality: those that it could answer of what came, if it had every tool that is missing and the whole pool. */
  potentiality: z.number(),
  /** actuality / capability: lost to failures, and to shares that were not used. */
  productivity: z.number().nullable(),
  /** capability / potentiality: lost to what is missing. */
  latency: z.number().nullable(),
  /** productivity × latency = actuality / potentiality */
  performance: z.number().nullable(),
});
export type Achievement = z.infer<typeof Achievement>;

/**
 * Interventions of System 3 for a unit that cannot cope, in the order of least intervention. borrow: it runs on shares
 * that others leave idle; shed: its least important events are let go; amplify: more replicas are asked for; tell:
 * Systems 4 and 5 are told.
 */
export const Rung = z.enum(['borrow', 'shed', 'amplify', 'tell']);
export type Rung = z.infer<typeof Rung>;

/**
 * System 3's view of the operations, every few seconds in which something changed. Key: `s3.<instance>.performance`.
 */
export const Performance = defineMessage(
  's3',
  'performance',
  'report',
  z.looseObject({
    /** Milliseconds over which it is measured. */
    window: z.number(),
    /** The performance of all units together; null when nothing came. */
    efficiency: z.number().nullable(),
    /** Events that were tried: answered, dead, in doubt. */
    attempted: z.number().int(),
    fleet: Achievement,
    /** The busiest. */
    units: z.record(z.string(), Achievement),
    /** The autonomy that is spent now: whose, how, and since when (ms since the epoch); absent where none is. */
    interventions: z.array(z.looseObject({ unit: z.string(), rung: Rung, since: z.number() })).optional(),
  }),
);

/**
 * System 3 → every replica: what each unit may run there at the same time. It replaces what was said before, and lapses
 * `lease` ms after it came; then each replica shares by itself. Units that are not named run as there is room. Key:
 * `s1.all.grants`.
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
    /**
     * Replica → operations that may begin there in a second: in all, and of each unit; what these leave is for units
     * that are not named.
     */
    rates: z.record(z.string(), z.object({ all: z.number().min(0), units: z.array(z.number().min(0)) })).optional(),
  }),
);

/**
 * System 3 → every replica: attenuate. Events of these units below the priority are shed as they come. It replaces what
 * was said before, and lapses `lease` ms after it came. Key: `s1.all.shed`.
 */
export const Shed = defineMessage(
  's3',
  'shed',
  'command',
  z.looseObject({
    epoch: z.number().int(),
    lease: z.number().positive(),
    /** Unit → priority, 1 to 9. */
    floors: z.record(z.string(), z.number().int().min(0).max(9)),
  }),
);

/** System 5 → System 3: what matters more, or less. It replaces what was said before. Key: `s3.all.direct`. */
export const Direction = defineMessage(
  's5',
  'direct',
  'command',
  z.looseObject({
    epoch: z.number().int(),
    /** Unit → factor on its weight in the bargain. */
    priority: z.record(z.string(), z.number().positive()),
    because: z.string(),
  }),
);

/** One intervention: a piece of the unit's autonomy that is spent. */
export const Intervention = z.looseObject({
  id: z.string(),
  unit: z.string(),
  rung: Rung,
  /** ms since the epoch */
  since: z.number(),
  /** shed: below which priority. */
  floor: z.number().int().optional(),
  because: z.string(),
});
export type Intervention = z.infer<typeof Intervention>;

/** S3 → S4, S5: a unit cannot cope and nothing of System 3's own helps; and when that is over. Key: `s3.stress`. */
export const Stress = defineMessage(
  's3',
  'stress',
  'intelligence',
  Intervention.extend({
    state: z.enum(['begins', 'ends']),
    /** Operations at the same time: what it wants, and what it is granted. */
    wants: z.number(),
    slots: z.number(),
    /** The bound that it meets: `cap`, `operations`, `rate`, or a counted resource. */
    scarce: z.string(),
  }),
);

/** Something that System 3 cannot settle by itself. */
export const Need = z.looseObject({
  /** The same for as long as it stands. */
  need: z.string(),
  unit: z.string(),
  what: z.string(),
  /** Choices that there are. */
  options: z.array(z.string()),
});
export type Need = z.infer<typeof Need>;

/**
 * S3 → S5: what changed since the last account, and all that needs a decision. Said only when something changed, and
 * once a minute while something needs a decision. Key: `s3.<instance>.account`.
 */
export const Account = defineMessage(
  's3',
  'account',
  'report',
  z.looseObject({
    changed: z.array(z.looseObject({ what: z.string(), text: z.string() })),
    needs: z.array(Need),
  }),
);
