import { createHash } from 'node:crypto';
import { rank, terms, type WeightedTerms } from '@vsmcp/vsm';

/** Share of a wish's key words that a tool must know before it counts as what was wished for. */
const ENOUGH = 0.6;
/** Key words of a wish that make the type of its demand. */
const WORDS = 4;
/** Words with which people ask, which tell nothing about what they ask for. */
const ASKING = new Set(
  terms(
    'able about another could find give have help how i like look me my need please show some something tell want way wish would',
  ),
);
/** A word that can stand in a type. */
const LONGEST_WORD = 30;

/** The distinct key words of a wish in order: as they stand in it, and stemmed. */
function keyWords(wish: string): { word: string; term: string }[] {
  const found = new Map<string, string>();
  for (const word of wish.split(/[^\p{L}\p{N}]+/u)) {
    for (const term of terms(word)) if (!found.has(term)) found.set(term, word.toLowerCase());
  }
  const all = [...found].map(([term, word]) => ({ word, term }));
  const telling = all.filter(({ term }) => !ASKING.has(term));
  return telling.length > 0 ? telling : all;
}

/** The event type that stands for a wish which nothing fulfils: the same for the same wish. */
export function demandType(wish: string): string {
  const words = [...new Set(keyWords(wish).map(({ word }) => word))]
    .filter((word) => word.length <= LONGEST_WORD && /^[a-z0-9]+$/.test(word))
    .slice(0, WORDS);
  // a wish in another script has no word that can stand in a type
  const stands =
    words.length > 0 ? words : [createHash('sha256').update(wish.trim().toLowerCase()).digest('hex').slice(0, 12)];
  return `demand.${stands.join('.')}`;
}

export interface Fitting<T> {
  item: T;
  /** It knows enough of the wish's words to be what was wished for. */
  fits: boolean;
}

/** The items that have something to do with the wish, the best first. */
export function fitting<T>(wish: string, items: readonly T[], text: (item: T) => string): Fitting<T>[] {
  const words = keyWords(wish).map(({ term }) => term);
  const query: WeightedTerms = new Map(words.map((word) => [word, 1]));
  return rank(items, text, query)
    .map(({ item }) => {
      const known = new Set(terms(text(item)));
      return { item, fits: words.filter((word) => known.has(word)).length >= ENOUGH * words.length };
    })
    .sort((a, b) => Number(b.fits) - Number(a.fits));
}
