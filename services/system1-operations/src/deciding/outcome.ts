import { hash } from 'node:crypto';
import { type DataOf, isDeeperThan, MAX_JSON_DEPTH, type Outcome, type RetryDelay } from '@vsmcp/vsm';

export type OutcomeRecord = DataOf<typeof Outcome>;

/** Most bytes (as JSON) of a tool's answer that an outcome carries; the rest is cut, and the outcome says so. */
export const MAX_RESULT_BYTES = 256 * 1024;

/**
 * How a call went wrong. unsent: it was certainly not made. error: the tool itself said so. lost: the server died, did
 * not answer in time or answered garbage, so that the call may have happened.
 */
export type Failure = 'unsent' | 'error' | 'lost';

export type Next = { next: 'retry'; delay: RetryDelay } | { next: 'dead' } | { next: 'doubt' };

/** Three retries where repeating is safe, unless the response says otherwise. */
export const RETRIES = 3;

const DELAYS: readonly RetryDelay[] = ['1s', '5s', '30s', '5m'];

/**
 * The consequence of a failed call.
 * @param repeatable calling all that was called again does no harm
 * @param retries as the response says; its word also covers a tool that reports an error without having been annotated
 * @param attempts retries made so far
 */
export function afterFailure(
  failure: Failure,
  repeatable: boolean,
  retries: number | undefined,
  attempts: number,
): Next {
  if (failure === 'lost' && !repeatable) return { next: 'doubt' };
  const allowed = retries ?? (repeatable || failure === 'unsent' ? RETRIES : 0);
  return attempts < allowed ? { next: 'retry', delay: retryDelay(attempts) } : { next: 'dead' };
}

/** 1 s, 5 s, 30 s, then 5 min. */
export function retryDelay(attempts: number): RetryDelay {
  return DELAYS[Math.min(attempts, DELAYS.length - 1)] ?? '5m';
}

/** The shortest delay that is at least `ms`, or the longest there is. */
export function delayFor(ms: number): RetryDelay {
  return ms <= 1000 ? '1s' : ms <= 5000 ? '5s' : ms <= 30_000 ? '30s' : '5m';
}

/**
 * The longest delay that is at most `ms`, or the shortest there is: for looking again when something should be over,
 * and not much later.
 */
export function delayWithin(ms: number): RetryDelay {
  return ms < 5000 ? '1s' : ms < 30_000 ? '5s' : ms < 300_000 ? '30s' : '5m';
}

/** The id of an outcome message: the same whenever the same outcome is said again. */
export function outcomeId(record: OutcomeRecord): string {
  const { event, unit, outcome, attempts } = record;
  return hash('sha256', JSON.stringify([event.source, event.id, unit, outcome, attempts ?? 0]), 'base64url');
}

/**
 * Deepest that a tool's answer may be nested in an outcome, whose readers take JSON of a bounded depth; the message
 * around it has some too.
 */
const MAX_RESULT_DEPTH = MAX_JSON_DEPTH - 8;

/** A tool's answer as an outcome carries it. */
export function boundedResult(result: unknown): unknown {
  const json = jsonOf(result);
  const bytes = Buffer.byteLength(json ?? '');
  const deep = json === undefined || isDeeperThan(json, MAX_RESULT_DEPTH);
  if (!deep && bytes <= MAX_RESULT_BYTES) return result;
  const text = textOf(result);
  const why = deep ? `is nested deeper than ${MAX_RESULT_DEPTH}` : `had ${bytes} bytes`;
  return {
    content: [{ type: 'text', text: text.slice(0, MAX_RESULT_BYTES / 4) }],
    cut: `the answer ${why}; the first ${Math.min(text.length, MAX_RESULT_BYTES / 4)} characters of its text are kept`,
  };
}

/** undefined where it is nested too deep to be written. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value) ?? '';
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The text blocks of a tool's answer, joined. */
export function textOf(result: unknown): string {
  if (typeof result !== 'object' || result === null || !('content' in result) || !Array.isArray(result.content))
    return '';
  const texts: string[] = [];
  for (const block of result.content) {
    if (typeof block === 'object' && block !== null && 'text' in block && typeof block.text === 'string') {
      texts.push(block.text);
    }
  }
  return texts.join('\n');
}
