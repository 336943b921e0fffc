/** How often a child may be started again. Times in ms. */
export interface RestartPolicy {
  /** More failures than this within `within`: it is given up. */
  most: number;
  within: number;
  /** Wait before the first restart; doubled for each failure within the window, at most `longest`. */
  first: number;
  longest: number;
}

export const RESTARTS: RestartPolicy = { most: 5, within: 30_000, first: 200, longest: 5000 };

export type RestartDecision =
  | { fate: 'restart'; after: number; failures: readonly number[] }
  | { fate: 'give up'; failures: readonly number[] };

/**
 * The fate of a child that has just failed: Erlang's restart intensity (at most `most` in `within`), with backoff.
 * @param failures when it failed before (ms), oldest first, as the last decision returned them
 */
export function afterFailure(
  failures: readonly number[],
  now: number,
  policy: RestartPolicy = RESTARTS,
): RestartDecision {
  const recent = [...failures.filter((at) => now - at < policy.within), now];
  if (recent.length > policy.most) return { fate: 'give up', failures: recent };
  const after = Math.min(policy.longest, policy.first * 2 ** (recent.length - 1));
  return { fate: 'restart', after, failures: recent };
}
