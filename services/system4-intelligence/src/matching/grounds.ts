import { terms, type WeightedTerms } from '@vsmcp/vsm';
import { type Binding, ENOUGH } from './bind.js';
import { telling } from './query.js';
import { hasNotation } from './shape.js';

/**
 * The grounds for a tool that answers a need, on one scale for the tools of all servers (a rank is not: it depends on
 * what else a server offers). Each telling word of the need that the tool speaks of counts its weight, a type's own
 * word 3, a word for what the values look like 2; the least certain of its necessary arguments counts its score, 1.5 to
 * 8. Free text goes into anything: that an argument takes it counts the least.
 */
export function groundsOf(query: WeightedTerms, text: string, bindings: readonly Binding[]): number {
  const spoken = new Set(terms(text));
  for (const { field, cel } of bindings)
    if (field === undefined && typeof cel === 'string') for (const term of terms(cel)) spoken.add(term);
  let sum = 0;
  for (const term of telling(query, 1.5)) if (spoken.has(term)) sum += query.get(term) ?? 0;
  const filled = bindings.flatMap(({ field, score }) => {
    if (field === undefined) return [];
    const free = field.content && field.shape !== undefined && !hasNotation(field.shape);
    return [free ? Math.min(score, ENOUGH.required) : score];
  });
  return sum + (filled.length === 0 ? 0 : Math.min(...filled));
}

/**
 * Grounds that are enough to go ahead with, and to take a person's time. One word in common and the least that a bound
 * argument can score are 4.5: a coincidence. 6 takes two things that speak for it: the type's own word (3) and an
 * argument that fits by name or format (3), or two words (5) and any argument.
 */
export const SURE = 6;

/**
 * Share of the best one's grounds, or rank, from which another is comparable. In BM25 a text of usual length that has a
 * word once scores 0.73 of one that has it twice (k₁ = 1.2): below three quarters, more than one mention is missing.
 */
const COMPARABLE = 0.75;

export function isComparable(one: number, best: number): boolean {
  return one >= COMPARABLE * best;
}
