import { terms, type WeightedTerms } from './terms.js';

/** BM25's usual constants: how fast repeats saturate, and how much length counts against a text. */
const K1 = 1.2;
const B = 0.5;

export interface Ranked<T> {
  item: T;
  score: number;
}

/**
 * Orders items by how well their text answers the query, the best first; those that share no term with it are left out.
 * Okapi BM25 (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", eq. 3.15), each term times its
 * weight.
 * @param text what describes an item; ties keep the order of `items`
 */
export function rank<T>(items: readonly T[], text: (item: T) => string, query: WeightedTerms): Ranked<T>[] {
  const documents = items.map((item) => ({ item, words: counts(terms(text(item))) }));
  const lengths = documents.map(({ words }) => [...words.values()].reduce((sum, n) => sum + n, 0));
  const mean = lengths.reduce((sum, n) => sum + n, 0) / Math.max(1, lengths.length);
  const idf = new Map<string, number>();
  for (const term of query.keys()) {
    const having = documents.filter(({ words }) => words.has(term)).length;
    idf.set(term, Math.log(1 + (documents.length - having + 0.5) / (having + 0.5)));
  }
  return documents
    .map(({ item, words }, index) => {
      const length = 1 - B + (B * (lengths[index] ?? 0)) / Math.max(1, mean);
      let score = 0;
      for (const [term, weight] of query) {
        const times = words.get(term);
        if (times !== undefined) score += weight * (idf.get(term) ?? 0) * ((times * (K1 + 1)) / (times + K1 * length));
      }
      return { item, score };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
}

function counts(words: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const word of words) found.set(word, (found.get(word) ?? 0) + 1);
  return found;
}
