import type { Found } from '../../src/loops/loops.js';

/** A loop in a transcript: `notice: tidy pinboard found, 30 a minute`. */
export function loopLine({ resource, units, state, before, first }: Found): string {
  const about = units.length > 1 ? `${resource}: ${units.join(' ')}` : resource;
  const rate = `${Math.round(before * 10) / 10} a minute`;
  return `${about} ${state}, ${rate}${first ? `, ${first.unit} first` : ''}`;
}
