import type { Candidate } from '@vsmcp/vsm';
import { mentions, type Need, queryOf, telling } from './query.js';
import { rank } from './rank.js';

/** Servers worth a look for one type in one round. */
const MOST = 6;

/**
 * The registry's servers that could close the gap, the best first: those that are known to fit, then those that nothing is
 * known of yet, by what they say about themselves. Those that are known not to fit are left out.
 * @param fits whether a server's tools fit; undefined where it was not probed
 */
export function rankCandidates(
  need: Need,
  candidates: readonly Candidate[],
  fits: (candidate: Candidate) => boolean | undefined,
): Candidate[] {
  const query = queryOf(need);
  const wanted = telling(query, 0.5);
  const known = candidates.filter((one) => fits(one) === true);
  const ranked = rank(candidates, textOf, query)
    .map(({ item }) => item)
    .filter((item) => fits(item) === undefined && mentions(textOf(item), wanted));
  return [...known, ...ranked].slice(0, MOST);
}

/** What a candidate says about itself. The namespace is who made it, not what it does. */
function textOf({ name, title, description }: Candidate): string {
  return `${name.slice(name.indexOf('/') + 1)} ${title ?? ''} ${description}`;
}

/** The candidates that a free search text means, the best first; all of them for an empty one. */
export function searchCandidates(text: string, candidates: readonly Candidate[]): Candidate[] {
  const need: Need = { type: text.replaceAll(/\s+/g, '.'), samples: [] };
  if (text.trim() === '') return [...candidates];
  return rank(candidates, textOf, queryOf(need)).map(({ item }) => item);
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
