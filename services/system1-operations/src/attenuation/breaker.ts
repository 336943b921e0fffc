import type { Breaker as Limits } from '@vsmcp/vsm';

/** Calls in a row that got no answer, after which no more are needed to see that something is wrong. */
const LOST = 5;
/** Longest time (ms) between two tries of one that stays broken. */
const LONGEST_WAIT = 60_000;

export const USUAL_LIMITS: Limits = { failing: 0.5, of: 20, wait: 5000 };

/** How a call ended. lost: without an answer. */
export type CallResult = 'well' | 'failed' | 'lost';

/**
 * A circuit breaker (M. Nygard, Release It!, ch. 5) as plain data. closed: calls are made. open: none until `until`.
 * half-open: one is made, by who was let through; another may try from `until` on, should nothing be heard of it. Times
 * in ms since the epoch.
 */
export interface BreakerState {
  state: 'closed' | 'open' | 'half-open';
  /** The last calls, oldest first; true: failed. */
  recent: readonly boolean[];
  /** Lost in a row. */
  lost: number;
  until: number;
  /** How long it stays open the next time. */
  wait: number;
}

export function closedBreaker({ wait }: Limits): BreakerState {
  return { state: 'closed', recent: [], lost: 0, until: 0, wait };
}

/**
 * Judges if a call may be made now.
 * @param patience after which a try that is not heard of is given up
 * @returns the state after it, and ms to wait where it may not
 */
export function tryBreaker(
  breaker: BreakerState,
  now: number,
  patience: number,
): { breaker: BreakerState; wait?: number } {
  if (breaker.state === 'closed') return { breaker };
  if (now < breaker.until) return { breaker, wait: breaker.until - now };
  return { breaker: { ...breaker, state: 'half-open', until: now + patience } };
}

/** The breaker after a call has ended. */
export function afterCall(breaker: BreakerState, ending: CallResult, limits: Limits, now: number): BreakerState {
  // A call that was under way when it opened says nothing new.
  if (breaker.state === 'open') return breaker;
  if (breaker.state === 'half-open') return ending === 'well' ? closedBreaker(limits) : opened(breaker, now);
  const recent = [...breaker.recent, ending !== 'well'].slice(-limits.of);
  const lost = ending === 'lost' ? breaker.lost + 1 : 0;
  const next = { ...breaker, recent, lost };
  const failed = recent.filter(Boolean).length;
  const enough = recent.length >= Math.ceil(limits.of / 2);
  return lost >= LOST || (enough && failed >= limits.failing * recent.length) ? opened(next, now) : next;
}

/** The try was called off before a call was made: another may try at once. */
export function afterNoCall(breaker: BreakerState, now: number): BreakerState {
  return breaker.state === 'half-open' ? { ...breaker, state: 'open', until: now } : breaker;
}

function opened(breaker: BreakerState, now: number): BreakerState {
  const { wait } = breaker;
  return { ...breaker, state: 'open', until: now + wait, wait: Math.min(2 * wait, Math.max(wait, LONGEST_WAIT)) };
}
