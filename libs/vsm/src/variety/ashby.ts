import { shannon } from './entropy.js';

/** Entropies of a joint table of disturbances (rows) and responses (columns), in bits. */
export interface JointEntropy {
  disturbance: number;
  response: number;
  /** H(R|D): ignorance, how uncertain the response is when the disturbance is known. */
  ignorance: number;
  /** I(D;R). Diagnostic only: it is 0 when one response rightly answers everything. */
  mutual: number;
}

/** @param table counts or probabilities, not negative, rows of equal length */
export function jointEntropy(table: readonly (readonly number[])[]): JointEntropy {
  const rows = table.map((row) => row.reduce((a, b) => a + b, 0));
  const columns = (table[0] ?? []).map((_, r) => table.reduce((a, row) => a + (row[r] ?? 0), 0));
  const disturbance = shannon(rows);
  const response = shannon(columns);
  const joint = shannon(table.flat());
  return {
    disturbance,
    response,
    ignorance: Math.max(0, joint - disturbance),
    mutual: Math.max(0, disturbance + response - joint),
  };
}

/**
 * The least variety of outcomes that remains, in bits: H(E) ≥ H(D) + H(R|D) − H(R) − K, which is H(D) − I(D;R) − K.
 * Source: Ashby (1956), An Introduction to Cybernetics, ch. 11; with ignorance and buffering:
 * Aulin-Ahmavaara (1979), Kybernetes 8, 259–266.
 * @param buffering K, what is absorbed without any response (see `bufferingOf`)
 */
export function ashbyBound(of: Pick<JointEntropy, 'disturbance' | 'response' | 'ignorance'>, buffering = 0): number {
  return Math.max(0, of.disturbance + of.ignorance - of.response - buffering);
}

/**
 * K of a table of outcomes, in bits: log₂ of the most disturbances that one response leaves with the same outcome. 0 is
 * Ashby's own case, in which no column repeats an outcome.
 * @param outcomes outcome of each disturbance (rows) under each response (columns)
 */
export function bufferingOf(outcomes: readonly (readonly PropertyKey[])[]): number {
  let most = 1;
  for (let r = 0; r < (outcomes[0]?.length ?? 0); r++) {
    const seen = new Map<PropertyKey, number>();
    for (const row of outcomes) {
      const outcome = row[r];
      if (outcome === undefined) continue;
      const times = (seen.get(outcome) ?? 0) + 1;
      seen.set(outcome, times);
      most = Math.max(most, times);
    }
  }
  return Math.log2(most);
}
