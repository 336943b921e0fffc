import { reasonOf } from '@vsmcp/vsm';
import { DialError } from '../../egress/dial.js';

/** An error over something that is not an MCP message. */
export const isGarbage = (error: unknown): boolean =>
  error instanceof SyntaxError || (error instanceof Error && error.name === 'ZodError');

/** A failure before there was a connection. */
export function dialErrorOf(error: unknown): DialError {
  return error instanceof DialError ? error : new DialError('VSM_MCP', deepest(error), { cause: error });
}

export function dialErrorIn(error: unknown): DialError | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) if (inner instanceof DialError) return inner;
  return undefined;
}

/** The text of what lies under it all; of several attempts, that of the last. */
export function deepest(error: unknown): string {
  if (error instanceof AggregateError) return deepest(error.errors.at(-1));
  return error instanceof Error && error.cause instanceof Error ? deepest(error.cause) : reasonOf(error);
}

/**
 * The meaning of an HTTP status that is no answer, and the mend.
 * @param said what was said with it: where a redirect leads, or the server's own words
 */
export function refusalOf(status: number, said = ''): string {
  if (status === 401 || status === 403)
    return `it answered ${status}: it wants to know who asks; give its server headers in vsmcp.yaml, the secret by { from: ENV_NAME }`;
  if (status >= 300 && status < 400) {
    const to = /https?:\/\/[^\s)]+/.exec(said)?.[0] ?? 'elsewhere';
    return `it answered ${status}, a redirect to ${to}, which is not followed; write the address that is meant as url`;
  }
  if (status === 404 || status === 405) return `it answered ${status}: correct the path of its url`;
  return `it answered ${status}${said && `: ${said}`}`;
}
