import type { OutcomeRecord } from '../deciding/outcome.js';
import type { EventResult } from '../settling/settling.js';

/**
 * The meaning here of an outcome in a unit that is a system. An event that waits there waits here too, but is not this
 * fleet's own gap: the system may yet acquire what it lacks. What failed or is in doubt there is so here, and what
 * ended there has ended.
 * @param path of the system
 */
export function resultAbove(unit: string, path: string, said: OutcomeRecord): EventResult {
  const { outcome, tool, result, calling } = said;
  const why = said.reason ?? said.cause;
  if (outcome === 'parked') {
    return {
      unit,
      outcome,
      cause: 'below',
      reason: `waits in ${path}${why === undefined ? '' : `: ${why}`}`,
      below: path,
    };
  }
  return {
    unit,
    outcome,
    below: path,
    ...(why !== undefined && { reason: `${path}: ${why}` }),
    ...(tool !== undefined && { tool }),
    ...(result !== undefined && { result }),
    ...(calling !== undefined && { calling }),
  };
}

const FIRST = 30_000;
const LONGEST = 600_000;

/**
 * How long (ms) an outcome is waited for before the event goes down again: 30 s, doubled with each attempt, at most 10
 * min. The system knows the event by then and says its outcome again, so that only what was lost on the way is done for
 * the first time.
 * @param attempt from 1
 */
export function patience(attempt: number): number {
  return Math.min(LONGEST, FIRST * 2 ** (attempt - 1));
}

const SOON = 1000;
const LONGEST_ABSENCE = 300_000;

/**
 * How long (ms) an event waits that could not go down because the broker below is away: 1 s, doubled, at most 5 min.
 * @param attempt from 1
 */
export function absence(attempt: number): number {
  return Math.min(LONGEST_ABSENCE, SOON * 2 ** (attempt - 1));
}
