/**
 * Shannon entropy of the observed shares, in bits: −Σ p log₂ p. It says what was seen; as an estimate of the source it
 * is too low for small samples (use `chaoShen`).
 * Source: Shannon (1948), A Mathematical Theory of Communication, §6.
 * @param weights counts or probabilities, not negative; they need not sum to one
 */
export function shannon(weights: Iterable<number>): number {
  let total = 0;
  let sum = 0;
  for (const weight of weights) {
    if (weight <= 0) continue;
    total += weight;
    sum += weight * Math.log2(weight);
  }
  return total === 0 ? 0 : Math.max(0, Math.log2(total) - sum / total);
}
