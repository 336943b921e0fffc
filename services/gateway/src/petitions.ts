import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { HttpError } from './failure.js';

const Body = z.record(z.string(), z.unknown());

/** A petition's body with who asks: the header `x-vsmcp-by`, what the body says, or `local`. */
export function petition(request: Pick<FastifyRequest, 'headers' | 'body'>): Record<string, unknown> {
  const parsed = Body.safeParse(request.body);
  if (!parsed.success) throw new HttpError(422, 'VSM_USAGE', 'the body is to be a JSON object');
  const header = request.headers['x-vsmcp-by'];
  return { ...parsed.data, by: (typeof header === 'string' && header.slice(0, 200)) || parsed.data.by || 'local' };
}

/** 200, or 409 with the reason. */
export function accepted(reply: FastifyReply, answer: { accepted: boolean; because: string }): FastifyReply {
  return reply.code(answer.accepted ? 200 : 409).send(withReason(answer, answer.accepted ? undefined : answer.because));
}

/** What was refused reads like any other error, and keeps the answer. */
export function withReason(answer: object, reason: string | undefined): object {
  return reason === undefined ? answer : { ...answer, code: 'VSM_REFUSED', message: reason };
}
