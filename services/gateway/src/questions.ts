import type { ServiceContext } from '@vsmcp/service';
import { type Answer, type Ask, QUESTIONS, type QuestionName } from '@vsmcp/vsm';
import { z } from 'zod';
import { HttpError, unanswered } from './failure.js';

/** Time that an answer is waited for where nothing else is said. ms */
const PATIENCE = 5000;
/** Registries may be far away. ms */
export const DISCOVERY = 60_000;
/** Time that an answer may take beyond what the question itself says. ms */
export const SLACK = 5000;

/**
 * Asks, after checking what the caller sent against the question's own schema.
 * @throws HttpError 422 when it does not fit, 503 when the addressee does not answer
 */
export async function put<N extends QuestionName>(
  context: ServiceContext,
  name: N,
  data: unknown,
  timeout = PATIENCE,
  instance?: string,
): Promise<Answer<N>> {
  return askFleet(context, name, fitting(name, data), timeout, instance);
}

/**
 * Asks (`instance`, where it is to be that one) what has been checked already.
 * @throws HttpError 503 when the addressee does not answer
 */
export async function askFleet<N extends QuestionName>(
  context: ServiceContext,
  name: N,
  asked: Ask<N>,
  timeout = PATIENCE,
  instance?: string,
): Promise<Answer<N>> {
  try {
    return await context.ask(name, asked, instance === undefined ? { timeout } : { timeout, instance });
  } catch (error) {
    throw unanswered(error, QUESTIONS[name].to);
  }
}

function fitting<N extends QuestionName>(name: N, data: unknown): Ask<N> {
  const parsed = QUESTIONS[name].ask.safeParse(data);
  if (!parsed.success) throw new HttpError(422, 'VSM_USAGE', z.prettifyError(parsed.error));
  // what this schema parsed is what this question takes, though the compiler sees a union of all questions
  return parsed.data as Ask<N>;
}

/** Query strings as a question has them: empty means absent, `limit` and `since` are numbers. */
export function fromQuery(query: unknown): Record<string, unknown> {
  const texts = z.record(z.string(), z.union([z.string(), z.array(z.string())])).parse(query);
  return Object.fromEntries(
    Object.entries(texts)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, name === 'limit' || name === 'since' ? Number(value) : value]),
  );
}
