/**
 * Frequencies in a sample, for estimates of richness and coverage: how many were drawn, and how many types came how
 * rarely.
 */
export interface Frequencies {
  /** Events in the sample. */
  n: number;
  /** Types seen. */
  seen: number;
  /** Types seen exactly once, and exactly twice. */
  once: number;
  twice: number;
}

/** @param counts events per type, whole numbers; zeros are passed over */
export function frequencies(counts: Iterable<number>): Frequencies {
  const of = { n: 0, seen: 0, once: 0, twice: 0 };
  for (const count of counts) {
    if (count <= 0) continue;
    of.n += count;
    of.seen++;
    if (count === 1) of.once++;
    if (count === 2) of.twice++;
  }
  return of;
}
