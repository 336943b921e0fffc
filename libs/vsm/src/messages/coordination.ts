import { z } from 'zod';
import { type DataOf, defineMessage } from './message.js';

/**
 * A resource as it is claimed. `of`: how many claims may hold it together; 1: nobody else (exclusive); null: any number
 * (shared).
 */
export const ClaimedResource = z.object({ resource: z.string(), of: z.number().int().positive().nullable() });
export type ClaimedResource = z.infer<typeof ClaimedResource>;

/** Most claims, grants or releases in one message. */
export const MOST_CLAIMS = 500;

/**
 * S1 → S2: hold these resources, each claim all at once. What comes together travels together. Key: `claim.<instance>`.
 */
export const Claim = defineMessage(
  's1',
  'claim',
  'coordination',
  z.looseObject({
    instance: z.string(),
    claims: z
      .array(
        z.looseObject({
          claim: z.string(),
          unit: z.string(),
          resources: z.array(ClaimedResource).min(1),
          /** Milliseconds after which the lease lapses by itself. */
          ttl: z.number().positive(),
          /** Milliseconds that the asker waits for an answer; then it is told to ask again. */
          patience: z.number().positive(),
          /** It is held and goes on for longer; where it has lapsed it is not asked for anew. */
          renew: z.literal(true).optional(),
          /** The trace it is part of, where it is not the message's own. */
          traceparent: z.string().optional(),
          tracestate: z.string().optional(),
        }),
      )
      .min(1)
      .max(MOST_CLAIMS),
  }),
);

/**
 * S1 → S2: a turn at a server whose calls have a rate, for so many calls. Answered by a grant whose `claim` is the
 * `turn`; nothing is to be given back. Key: `turn.<instance>`.
 */
export const Turn = defineMessage(
  's1',
  'turn',
  'coordination',
  z.looseObject({
    instance: z.string(),
    turns: z
      .array(
        z.looseObject({
          turn: z.string(),
          unit: z.string(),
          server: z.string(),
          calls: z.number().int().positive(),
          /** Milliseconds that the asker waits for an answer; then it is told to ask again. */
          patience: z.number().positive(),
        }),
      )
      .min(1)
      .max(MOST_CLAIMS),
  }),
);

/** S2 → the asking replica. Key: `grant.<instance>`. `wait`: nothing is held; ask again after that many ms. */
export const Grant = defineMessage(
  's2',
  'grant',
  'coordination',
  z.looseObject({
    grants: z.array(
      z.looseObject({
        claim: z.string(),
        granted: z.boolean(),
        /** Fencing token: grows with every grant. */
        token: z.number().int().optional(),
        wait: z.number().optional(),
        /** It is not to be asked for again: the purpose of another unit comes first. */
        yields: z.literal(true).optional(),
        reason: z.string().optional(),
      }),
    ),
  }),
);
export type Granted = DataOf<typeof Grant>['grants'][number];

/** S1 → S2: these leases are no longer needed. Key: `release.<instance>`. */
export const Release = defineMessage(
  's1',
  'release',
  'coordination',
  z.looseObject({ instance: z.string(), claims: z.array(z.string()) }),
);

const Slots = z.record(z.string(), z.number().int().min(0));

/**
 * S1 → S2: the operations at the same time that count for each unit at this replica from now on, as System 3 granted
 * them, and those that it has under way. Key: `balance.<instance>`.
 */
export const Balance = defineMessage(
  's1',
  'balance',
  'coordination',
  z.looseObject({ instance: z.string(), units: Slots, running: Slots.default({}) }),
);

/**
 * S1 → S2: the servers that were acquired and are not removed, as of this version of the table. Key:
 * `stock.<instance>`.
 */
export const Stock = defineMessage(
  's1',
  'stock',
  'coordination',
  z.looseObject({ instance: z.string(), version: z.number().int(), servers: z.array(z.string()) }),
);

/** Resource of a loop about a server that comes and goes: this, and its name. */
export const HAVING = 'having ';
/** Resource of a loop between units whose load is now with the one and now with the other. */
export const THEIR_LOAD = 'their load';
/** Resource of a loop between units whose shares swing. */
export const SHARES_OF_THE_POOL = 'their shares of the pool';

/** The unit whose purpose comes first, why, and by whose word: `policy`, or a person. */
export const Precedence = z.object({ unit: z.string(), because: z.string(), by: z.string() });
export type Precedence = z.infer<typeof Precedence>;

/** S2: units that undo each other, and what is done about it. Key: `loop.<first unit>`. */
export const Loop = defineMessage(
  's2',
  'loop',
  'coordination',
  z.looseObject({
    resource: z.string(),
    units: z.array(z.string()),
    state: z.enum(['found', 'damped', 'settled']),
    /** Turns a minute: measured before damping, and the most that damping lets through. */
    before: z.number(),
    limit: z.number(),
    /** The unit whose purpose comes first, once somebody has said so: the others yield. */
    first: Precedence.optional(),
  }),
);

/**
 * S1 → the replica that owns a server whose calls run one at a time. Key: `handover.<server>`. The event rides whole.
 */
export const Handover = defineMessage(
  's1',
  'handover',
  'coordination',
  z.looseObject({ event: z.looseObject({}), attempts: z.number().int(), key: z.string() }),
);

/** A loop in words: who does what to whom. */
export function loopText({ units, resource }: Pick<DataOf<typeof Loop>, 'units' | 'resource'>, and = ' and '): string {
  if (resource === SHARES_OF_THE_POOL) return `${units.join(and)} take ${resource} from each other`;
  if (resource === THEIR_LOAD) return `${units.join(and)} hand their load to and fro`;
  if (resource.startsWith(HAVING)) return `${units.join(and)} is acquired and removed again and again`;
  return `${units.join(and)} undo each other on ${resource}`;
}
