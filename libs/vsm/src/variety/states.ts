import { type Bits, chaoShen } from './chao-shen.js';
import { goodTuringCoverage } from './coverage.js';
import { frequencies } from './frequencies.js';
import { chao1 } from './richness.js';

/** Outcomes of the events of one type in a window. Unit: events. */
export interface TypeResults {
  /** Those that ended or still wait. */
  events: number;
  /** Of these, those that were absorbed: answered, noted, attenuated, or settled by policy. */
  absorbed: number;
}

/** Variety in states: one disturbance type is one state. */
export interface StateVariety {
  /** Types seen plus the Chao1 estimate of the unseen. */
  required: number;
  /** Types with a response, each times its success rate. */
  available: number;
  gap: number;
  seen: number;
  unseen: number;
  /** Share of events absorbed, 0 to 1; null when nothing happened. */
  answered: number | null;
  /** Good–Turing coverage of the sample, 0 to 1; null when nothing happened, or too much could not be told apart. */
  coverage: number | null;
  bits: Bits;
}

/** Share of events that could not be told apart above which the others are no sample of the whole. */
const UNTOLD = 0.05;

/**
 * Required, available and missing variety. A type that is waiting but had no event in the window counts as one state
 * that nothing absorbs (`events: 0`).
 * @param fates one per type
 * @param beyond types and events that could not be told apart: they count as types seen, and in the share of traffic
 */
export function varietyInStates(fates: Iterable<TypeResults>, beyond: TypeResults & { types: number }): StateVariety {
  const counts: number[] = [];
  let quiet = 0;
  let available = 0;
  let events = beyond.events;
  let absorbed = beyond.absorbed;
  for (const fate of fates) {
    if (fate.events <= 0) {
      quiet++;
      continue;
    }
    counts.push(fate.events);
    events += fate.events;
    absorbed += fate.absorbed;
    available += Math.min(1, fate.absorbed / fate.events);
  }
  // types that cannot be told apart share their success rate
  if (beyond.events > 0) available += beyond.types * Math.min(1, beyond.absorbed / beyond.events);
  const sample = frequencies(counts);
  const { unseen } = chao1(sample);
  const untold = beyond.events > UNTOLD * events;
  const seen = sample.seen + quiet + beyond.types;
  const required = seen + unseen;
  return {
    required,
    available,
    gap: Math.max(0, required - available),
    seen,
    unseen,
    answered: events === 0 ? null : absorbed / events,
    coverage: sample.n === 0 || untold ? null : goodTuringCoverage(sample),
    bits: untold
      ? { unknown: `${beyond.events} of ${events} events could not be told apart by type` }
      : chaoShen(counts),
  };
}
