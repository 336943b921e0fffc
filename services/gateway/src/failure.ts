import { reasonOf, SYSTEM_NAMES, type System, VsmError, type VsmErrorCode } from '@vsmcp/vsm';
import type { z } from 'zod';
import type { Problem } from './routes/route.js';

/** The answer to a caller that does not get what it asked for. */
export interface Failure {
  status: number;
  body: z.input<typeof Problem>;
}

const STATUS: Partial<Record<VsmErrorCode, number>> = {
  VSM_EVENT: 400,
  VSM_USAGE: 422,
  VSM_POLICY: 403,
  VSM_NOT_FOUND: 404,
  VSM_REFUSED: 409,
  VSM_EPOCH: 409,
  VSM_BROKER: 503,
  VSM_DATABASE: 503,
  VSM_TIMEOUT: 503,
};

/** An error of the gateway's own, with the HTTP status it wants. */
export class HttpError extends Error {
  readonly failure: Failure;
  constructor(status: number, code: VsmErrorCode, message: string, mend?: string) {
    super(message);
    this.name = 'HttpError';
    this.failure = { status, body: mend ? { code, message, mend } : { code, message } };
  }
}

/** A petition was refused: the answer with the reason reads like any other error. */
export class Refused extends HttpError {
  constructor(answer: object, because: string) {
    super(409, 'VSM_REFUSED', because);
    this.failure.body = { ...answer, ...this.failure.body };
  }
}

/** Nobody took the question, or nobody answered it in time: says which system. */
export function unanswered(error: unknown, to: System): unknown {
  if (!(error instanceof VsmError) || (error.code !== 'VSM_TIMEOUT' && error.code !== 'VSM_NOT_FOUND')) return error;
  return new HttpError(
    503,
    error.code,
    `${SYSTEM_NAMES[to]} does not answer: ${error.message}`,
    `see whether ${SYSTEM_NAMES[to]} runs: GET /status names who is missing`,
  );
}

/** fastify's own errors that a caller can mend. */
const FASTIFY: Record<string, { code: VsmErrorCode; mend: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'VSM_EVENT', mend: 'send less at once, or raise settings.max_event_bytes' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'VSM_EVENT', mend: 'send application/json, or a CloudEvents type' },
};

export function failureOf(error: unknown): Failure {
  if (error instanceof HttpError) return error.failure;
  if (error instanceof VsmError) {
    // a refusal carries the other side's own error: its code says more
    const { code } = error.code === 'VSM_REFUSED' && error.cause instanceof VsmError ? error.cause : error;
    return { status: STATUS[code] ?? 500, body: { code, message: error.message } };
  }
  const { code, statusCode } = fastifyError(error);
  const known = FASTIFY[code];
  if (known) return { status: statusCode, body: { code: known.code, message: reasonOf(error), mend: known.mend } };
  if (statusCode < 500) return { status: statusCode, body: { code: 'VSM_USAGE', message: reasonOf(error) } };
  return {
    status: 500,
    body: { code: 'VSM_INTERNAL', message: 'the gateway failed on this', mend: 'its log has the reason' },
  };
}

function fastifyError(error: unknown): { code: string; statusCode: number } {
  const has = typeof error === 'object' && error !== null;
  return {
    code: has && 'code' in error ? String(error.code) : '',
    statusCode: has && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500,
  };
}
