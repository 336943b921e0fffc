import { z } from 'zod';
import type { System } from '../systems.js';

/**
 * A question that may be asked over `vsm.query`, and the shape of its answer. Most change nothing. A *petition* asks
 * System 3 or 5 for a change: the addressee decides under policy, journals who asked, and commands; the question itself
 * changes nothing.
 */
export interface Question<A extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  to: System;
  verb: string;
  petition: boolean;
  ask: A;
  answer: R;
}

export const question = <A extends z.ZodType, R extends z.ZodType>(
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
export const petition = <A extends z.ZodType, R extends z.ZodType>(
  to: System,
  verb: string,
  ask: A,
  answer: R,
): Question<A, R> => ({
  ...question(to, verb, ask, answer),
  petition: true,
});

export const Nothing = z.looseObject({});
/** Principal who asks: the person or agent as the gateway knows it. */
export const By = z.string().min(1);

/** The answer to a petition: whether it was accepted, and why or why not. */
export const Accepted = z.looseObject({ accepted: z.boolean(), because: z.string(), id: z.string().optional() });
