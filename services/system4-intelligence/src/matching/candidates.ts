import { type Candidate, rank, type Tool, terms } from '@vsmcp/vsm';
import { toolText } from './match.js';
import { mentions, type Need, queryOf, telling } from './query.js';

/** Servers worth a look for one type in one round. */
const MOST = 6;

export interface RankedCandidate {
  candidate: Candidate;
  /**
   * How well what it says about itself answers the need; comparable within one registry search. 0 where it says nothing
   * of it.
   */
  rank: number;
}

/**
 * The registry's servers that could close the gap, the best first: those that are known to fit, then those that nothing
 * is known of yet, by what they say about themselves. Those that are known not to fit are left out.
 * @param fits whether a server's tools fit; undefined where it was not probed
 */
export function rankCandidates(
  need: Need,
  candidates: readonly Candidate[],
  fits: (candidate: Candidate) => boolean | undefined,
): RankedCandidate[] {
  const query = queryOf(need);
  const wanted = need.text === undefined ? telling(query, 0.5) : new Set(query.keys());
  const ranked = rank(candidates, textOf, query);
  const ranks = new Map(ranked.map(({ item, score }) => [item, score]));
  const known = candidates.filter((one) => fits(one) === true);
  const unknown = ranked
    .map(({ item }) => item)
    .filter((item) => fits(item) === undefined && mentions(textOf(item), wanted));
  return [...known, ...unknown].slice(0, MOST).map((candidate) => ({ candidate, rank: ranks.get(candidate) ?? 0 }));
}

/** The words of a candidate about itself. The namespace is who made it, not what it does. */
function textOf({ name, title, description }: Candidate): string {
  return `${name.slice(name.indexOf('/') + 1)} ${title ?? ''} ${description}`;
}

/**
 * The candidates that a free search text means, the best first; all of them for an empty one. A server is also found by
 * what its tools say, as far as they are known.
 */
export function searchCandidates(
  text: string,
  candidates: readonly Candidate[],
  toolsOf: (candidate: Candidate) => readonly Tool[],
): Candidate[] {
  const words = new Map(terms(text).map((word) => [word, 1]));
  if (words.size === 0) return [...candidates];
  const whole = (one: Candidate) => [textOf(one), ...toolsOf(one).map(toolText)].join(' ');
  return rank(candidates, whole, words).map(({ item }) => item);
}

const AFFIX = new Set(['mcp', 'server', 'servers', 'official', 'ai']);

/**
 * The name a server gets in `server.tool`: what is left of the registry's name without the words they all have,
 * made unique with a number.
 */
export function serverName(registryName: string, taken: ReadonlySet<string>): string {
  const short = registryName.slice(registryName.lastIndexOf('/') + 1).toLowerCase();
  const words = short.split(/[^a-z0-9]+/).filter((word) => word !== '');
  const telling = words.filter((word) => !AFFIX.has(word));
  const base = (telling.length > 0 ? telling : words).join('-').slice(0, 48) || 'server';
  if (!taken.has(base)) return base;
  let n = 2;
  while (taken.has(`${base}-${n}`)) n++;
  return `${base}-${n}`;
}
