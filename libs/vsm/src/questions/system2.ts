import { z } from 'zod';
import { ClaimedResource, Loop, Precedence } from '../messages/coordination.js';
import { Accepted, By, Nothing, petition, type Question, question } from './question.js';

const Lease = z.looseObject({
  claim: z.string(),
  unit: z.string(),
  instance: z.string(),
  resources: z.array(ClaimedResource),
  token: z.number().int(),
  /** ms since the epoch */
  until: z.number(),
});

/** The questions that System 2 answers. */
export const SYSTEM2_QUESTIONS = {
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
      /**
       * The last ones, newest first. turn: it waited until the resources were free; cooled: it was held back because
       * units undo each other.
       */
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
  /**
   * Those of these claims that were granted, each with its token; `since` when (ms since the epoch) that is remembered.
   */
  granted: question(
    's2',
    'granted',
    z.object({ claims: z.array(z.string()).max(1000) }),
    z.object({ since: z.number(), granted: z.array(z.object({ claim: z.string(), token: z.number().int() })) }),
  ),
  /** System 3 tells System 2 whose purpose comes first on a resource. */
  precede: petition('s2', 'precede', z.object({ resource: z.string(), first: Precedence, by: By }), Accepted),
} as const satisfies Record<string, Question>;
