import type { PathologyName } from '@vsmcp/vsm';
import type { Minute } from './observed.js';

/**
 * A pathology of a day: when it was first seen (ms from the beginning), in how many minutes, and what it was told by at
 * last.
 */
export interface Ailment {
  name: PathologyName;
  title: string;
  first: number;
  minutes: number;
  evidence: string;
  known: string;
}

/** Ailments of the fleet over the day, in the order in which they began. */
export function ailmentsOf(minutes: readonly Minute[]): Ailment[] {
  const found = new Map<PathologyName, Ailment>();
  for (const { at, status } of minutes) {
    for (const { name, title, evidence, known } of status?.pathologies ?? []) {
      const before = found.get(name);
      const first = before?.first ?? at;
      found.set(name, { name, title, first, minutes: (before?.minutes ?? 0) + 1, evidence, known });
    }
  }
  return [...found.values()];
}
