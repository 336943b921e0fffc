import type { Channel, QuestionName } from '@vsmcp/vsm';
import { z } from 'zod';

/**
 * Declarations of routes: method, path, input, output, errors and rights, once, as data. The server registers its
 * handlers against them (`register.ts`) and refuses to start with a route that is not declared or a declaration that
 * nothing serves; documents, clients and limits derive from the same table (`table.ts`). Only zod and `@vsmcp/vsm` may
 * be imported here.
 */

/** Roles by what they may do, each with all that those before it may. `anyone` has not said who it is. */
export const ROLES = ['anyone', 'viewer', 'operator', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Rights that a caller needs for a route. Data for now: who asks is known where the fleet listens on loopback only. */
export interface Rights {
  /** The least role that may call it. */
  readonly role: Role;
  /** The questions that it puts in the caller's name; addressee and verb of each stand in `QUESTIONS`. */
  readonly asks: readonly QuestionName[];
  /** The channel that it publishes on, for a route that publishes. */
  readonly publishes?: Channel;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** HTTP statuses that a route may answer with in place of its output; the body is a `Problem`. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 500 | 503;

/** Every answer that is not a route's output. A refused petition carries what was answered, too. */
export const Problem = z.looseObject({
  /** `VSM_…`: what kind of error, for programs. */
  code: z.string(),
  /** The same for people. */
  message: z.string(),
  /** The way out, where there is one to name. */
  mend: z.string().optional(),
});

export interface Route<
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
> {
  readonly method: Method;
  /** As Fastify has it: a parameter is `:name`. */
  readonly path: string;
  /** One sentence, without a full stop. */
  readonly summary: string;
  readonly rights: Rights;
  readonly params: P;
  /** Numbers travel as text: `fromQuery` reads them. */
  readonly query: Q;
  readonly body: B;
  /** Content types of the body; JSON where absent. */
  readonly accepts?: readonly string[];
  /** Largest body in bytes; `settings.max_event_bytes` where absent. */
  readonly bodyLimit?: number;
  readonly output: O;
  readonly status: 200 | 202;
  /** Content type of the output, without parameters. */
  readonly media: string;
  readonly problems: readonly ProblemStatus[];
  /** The body of a problem: `Problem`, but for MCP. */
  readonly problem: z.ZodType;
}

/** Infers the types of a declaration. */
export const route = <P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, O extends z.ZodType>(
  declared: Route<P, Q, B, O>,
): Route<P, Q, B, O> => declared;

export const NOTHING = z.object({});
/** No body, or one that is not looked at. */
export const NO_BODY = z.undefined();

/** A route that only reads. */
export const READING = {
  method: 'GET',
  params: NOTHING,
  query: NOTHING,
  body: NO_BODY,
  status: 200,
  media: 'application/json',
  problems: [403, 404, 422, 500, 503],
  problem: Problem,
} as const;

/** A route that hands a petition on. 409: it was refused. */
export const PETITION = {
  method: 'POST',
  params: NOTHING,
  query: NOTHING,
  status: 200,
  media: 'application/json',
  problems: [400, 403, 404, 409, 413, 415, 422, 500, 503],
  problem: Problem,
} as const;

/**
 * Principal who asks, for the journal; the header `x-vsmcp-by` goes before it, and `local` stands where neither says.
 */
export const By = { by: z.string().nullish() };
