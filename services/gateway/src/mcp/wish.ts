import { createHash } from 'node:crypto';
import { isKey, MAX_KEY_BYTES, rank, terms, weigh, type WeightedTerms } from '@vsmcp/vsm';

/** Share of a wish's key words that a tool must know before it counts as what was wished for. */
const ENOUGH = 0.6;
/** Key words of a wish that make the type of its demand. */
const WORDS = 4;
/** Words with which people ask, which tell nothing about what they ask for. Stemmed. */
const ASKING = new Set(
  'able about another could find giv hav help how i like look me my need please pleas show some someth tell that want way wish would'.split(' '),
);

/** What a tool says about itself. */
export interface Described {
  text: string;
}

/** The distinct key words of a wish, stemmed, in order. */
export function keyWords(wish: string): string[] {
  const found = [...new Set(terms(wish))];
  const telling = found.filter((term) => !ASKING.has(term));
  return telling.length > 0 ? telling : found;
}

/** The event type that stands for a wish which nothing fulfils: the same for the same wish. */
export function demandType(wish: string): string {
  const words = keyWords(wish)
    .filter((term) => /^[a-z0-9]+$/.test(term))
    .slice(0, WORDS);
  const type = `demand.${words.join('.')}`;
  if (words.length > 0 && isKey(type)) return type;
  // a wish without a word of a-z 0-9, or with one that is longer than a type may be
  return `demand.${createHash('sha256').update(wish.trim().toLowerCase()).digest('hex').slice(0, 12)}`.slice(0, MAX_KEY_BYTES);
}

export interface Fitting<T> {
  item: T;
  /** It knows enough of the wish's words to be what was wished for. */
  fits: boolean;
}

/** The items that have something to do with the wish, the best first. */
export function fitting<T>(wish: string, items: readonly T[], text: (item: T) => string): Fitting<T>[] {
  const words = keyWords(wish);
  const query: WeightedTerms = new Map();
  weigh(query, wish, 0.2);
  for (const word of words) query.set(word, 1);
  return rank(items, text, query)
    .map(({ item }) => {
      const known = new Set(terms(text(item)));
      return { item, fits: words.filter((word) => known.has(word)).length >= ENOUGH * words.length };
    })
    .sort((a, b) => Number(b.fits) - Number(a.fits));
}
