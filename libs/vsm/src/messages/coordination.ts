import { z } from 'zod';
import { defineMessage } from './message.js';

/** S1 → S2: hold these resources exclusively for `unit`. Key: `claim.<unit>`. */
export const Claim = defineMessage(
  's1',
  'claim',
  'coordination',
  z.looseObject({
    claim: z.string(),
    unit: z.string(),
    instance: z.string(),
    resources: z.array(z.string()).min(1),
    /** Milliseconds after which the lease lapses by itself. */
    ttl: z.number().positive(),
  }),
);

/** S2 → the asking replica. Key: `grant.<instance>`. `wait`: nothing is held; ask again after that many ms. */
export const Grant = defineMessage(
  's2',
  'grant',
  'coordination',
  z.looseObject({
    claim: z.string(),
    granted: z.boolean(),
    /** Fencing token: grows with every grant. */
    token: z.number().int().optional(),
    wait: z.number().optional(),
    reason: z.string().optional(),
  }),
);

/** S1 → S2: the lease is no longer needed. Key: `release.<unit>`. */
export const Release = defineMessage(
  's1',
  'release',
  'coordination',
  z.looseObject({ claim: z.string(), unit: z.string(), instance: z.string(), resources: z.array(z.string()) }),
);

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
  }),
);

/** S1 → the replica that owns a server whose calls run one at a time. Key: `handover.<server>`. The event rides whole. */
export const Handover = defineMessage(
  's1',
  'handover',
  'coordination',
  z.looseObject({ event: z.looseObject({}), attempts: z.number().int(), key: z.string() }),
);
