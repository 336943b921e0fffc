import { type Frequencies, frequencies } from './frequencies.js';

/** Types of a source: those seen, and a lower-bound estimate of those that exist but were not. Unit: types. */
export interface Richness {
  seen: number;
  unseen: number;
}

/**
 * Chao1 in its bias-corrected form: unseen = (n − 1)/n · f₁(f₁ − 1) / (2(f₂ + 1)). It needs no f₂ > 0, and is 0 when at
 * most one type was seen once. It is a lower bound: types too rare to leave a trace stay out. Source: Chao (1984),
 * Scand. J. Stat. 11, 265–270; bias-corrected: Chao (2005), Encyclopedia of Statistical Sciences, 7907–7916.
 */
export function chao1(sample: Frequencies | Iterable<number>): Richness {
  const { n, seen, once, twice } = Symbol.iterator in sample ? frequencies(sample) : sample;
  if (n === 0) return { seen: 0, unseen: 0 };
  return { seen, unseen: once < 2 ? 0 : (((n - 1) / n) * once * (once - 1)) / (2 * (twice + 1)) };
}
