import { goodTuringCoverage } from './coverage.js';

/** An estimate in bits with a 95 % interval, or why none is given. */
export type Bits = { value: number; low: number; high: number } | { unknown: string };

/** Below these an entropy estimate would mostly tell how small the sample is. */
export const COVERAGE_FLOOR = 0.5;
export const SAMPLE_FLOOR = 20;
const Z95 = 1.959964;

/**
 * Entropy of the source, in bits, by Chao and Shen: shares shrunk by the Good–Turing coverage, weighted by the chance
 * of having been seen at all (Horvitz–Thompson): −Σ Cp log₂ Cp / (1 − (1 − Cp)ⁿ). The interval is ± 1.96 standard
 * errors by the delete-one jackknife; it does not hold the estimator's own bias. Exact in one pass over the types:
 * leaving out an event changes C in three ways only (its type was seen once, twice, more often). Sources: Chao and Shen
 * (2003), Environ. Ecol. Stat. 10, 429–443; jackknife: Zahl (1977), Ecology 58, 907–913.
 * @param counts events per type, whole numbers
 * @returns `too few to say` with the figures when n < 20 or coverage < 0.5
 */
export function chaoShen(counts: Iterable<number>): Bits {
  // types by how often they were seen: equal counts have equal terms
  const types = new Map<number, number>();
  let n = 0;
  for (const count of counts) {
    if (count <= 0) continue;
    n += count;
    types.set(count, (types.get(count) ?? 0) + 1);
  }
  const once = types.get(1) ?? 0;
  const coverage = goodTuringCoverage({ n, once });
  if (n < SAMPLE_FLOOR) return { unknown: `too few to say: ${n} events, at least ${SAMPLE_FLOOR} are needed` };
  if (coverage < COVERAGE_FLOOR) {
    return {
      unknown: `too few to say: ${once} of ${n} events were the only one of their type (coverage ${coverage.toFixed(2)}, at least ${COVERAGE_FLOOR} is needed)`,
    };
  }
  const value = sum(types, n, once);
  const half = Z95 * standardError(types, n, once);
  return { value, low: Math.max(0, value - half), high: value + half };
}

function standardError(types: Map<number, number>, n: number, once: number): number {
  const whole: Record<'once' | 'twice' | 'often', { once: number; sum: number }> = {
    once: { once: once - 1, sum: sum(types, n - 1, once - 1) },
    twice: { once: once + 1, sum: sum(types, n - 1, once + 1) },
    often: { once, sum: sum(types, n - 1, once) },
  };
  let mean = 0;
  let squares = 0;
  for (const [count, many] of types) {
    const of = whole[count === 1 ? 'once' : count === 2 ? 'twice' : 'often'];
    const without = of.sum - term(count, n - 1, of.once) + (count > 1 ? term(count - 1, n - 1, of.once) : 0);
    mean += (count * many * without) / n;
    squares += count * many * without ** 2;
  }
  return Math.sqrt(Math.max(0, ((n - 1) / n) * (squares - n * mean ** 2)));
}

function sum(types: Map<number, number>, n: number, once: number): number {
  let bits = 0;
  for (const [count, many] of types) bits += many * term(count, n, once);
  return bits;
}

function term(count: number, n: number, once: number): number {
  const share = (goodTuringCoverage({ n, once }) * count) / n;
  return (-share * Math.log2(share)) / (1 - (1 - share) ** n);
}
