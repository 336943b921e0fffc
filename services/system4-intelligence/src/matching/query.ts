import { terms, type WeightedTerms, weigh } from '@vsmcp/vsm';
import { fieldsOf } from './fields.js';
import { hasNotation, isCode, notationWords } from './shape.js';

/** A type that waits: its name and `data` of some of its events. */
export interface Need {
  type: string;
  samples: readonly unknown[];
  /** The wish in somebody's words, where there are no events to go by. */
  text?: string;
}

/** The folder sense's own default word and field names: they say where an event came from, not what it needs. */
const GENERIC = new Set(['file', 'name', 'path', 'text', 'sha', 'bytes', 'id', 'value', 'data']);

/** The weight of all words of a wish together: a wish has no values, so its words bear all that `SURE` asks for. */
const WISH = 6;

/** The words of an event type that say what it is about, as a wish. */
export function wordsOf(type: string): string {
  const words = type.split('.').filter((word) => word !== 'demand' && !GENERIC.has(word));
  return words.length > 0 ? words.join(' ') : type;
}

function wishQuery(text: string): WeightedTerms {
  const words = new Set(terms(text));
  return new Map([...words].map((word) => [word, WISH / words.size]));
}

/**
 * The words that something for this need is described with, weighed: the type's words, what the values look like, and a
 * little of the fields' names.
 */
export function queryOf(need: Need): WeightedTerms {
  if (need.text !== undefined) return wishQuery(need.text);
  const query: WeightedTerms = new Map();
  const words = need.type.split('.');
  words.forEach((word, index) => {
    weigh(query, word, index === words.length - 1 ? 3 : GENERIC.has(word) ? 0.2 : 2);
  });
  const code = isCode(need.type);
  if (code) {
    weigh(query, 'code', 2);
    weigh(query, 'run snippet execute', 1);
  }
  for (const field of fieldsOf(need.samples)) {
    const name = field.path.at(-1) ?? '';
    if (!GENERIC.has(name)) weigh(query, name, 0.4);
    if (field.shape === undefined || (code && field.content)) continue;
    const share = field.content ? 1 : 0.25;
    if (GENERIC.has(name) && !field.content) continue;
    if (!hasNotation(field.shape)) {
      // Free text can be given to anything: that something takes text is no reason to give it this one.
      if (field.content) weigh(query, field.shape.words, 0.4);
      continue;
    }
    weigh(query, field.shape.words, 2 * share);
    weigh(query, field.shape.around, 1 * share);
    weigh(query, notationWords(field.shape), 0.4 * share);
  }
  return query;
}

/** The terms of the query of at least this weight: 1.5 leaves out what is only around it, 0.5 what only came along. */
export function telling(query: WeightedTerms, weight: 0.5 | 1.5): Set<string> {
  return new Set([...query].filter(([, own]) => own >= weight).map(([term]) => term));
}

/** True when a text has one of the terms. */
export function mentions(text: string, wanted: ReadonlySet<string>): boolean {
  return terms(text).some((term) => wanted.has(term));
}
