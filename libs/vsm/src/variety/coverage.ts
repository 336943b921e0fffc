import type { Frequencies } from './frequencies.js';

/**
 * Share of the source's probability that belongs to types already seen: 1 − f₁/n; the rest is the chance that the next
 * event is of a new type. 0 for an empty sample. Source: Good (1953), Biometrika 40, 237–264, after Turing.
 */
export function goodTuringCoverage({ n, once }: Pick<Frequencies, 'n' | 'once'>): number {
  return n === 0 ? 0 : 1 - once / n;
}
