import type { Response, Unit } from '@vsmcp/vsm';

/** The answer to an event type: the most specific unit, and in it the most specific response, if it has one. */
export interface Match {
  unit: string;
  /** The pattern of the response; absent when the unit absorbs the type and says nothing about it. */
  pattern?: string;
  response?: Response;
}

/** Finds the unit and response of an event type. Its cost grows with the words of the type, not with the units. */
export interface Index {
  match(type: string): Match | undefined;
  /** Puts a unit in, in place of the one of that name; undefined takes it out. */
  set(name: string, unit: Unit | undefined): void;
  readonly units: number;
}

interface Entry {
  pattern: string;
  /** How specific the pattern is, for comparing: see `rankOf`. */
  rank: string;
  unit: string;
  response?: Response;
}

/**
 * A class, as thousands of plain objects with the units' own keys leave V8 no shape to share among other plain ones.
 */
class Node {
  next: Map<string, Node> | undefined = undefined;
  entries: readonly Entry[] | undefined = undefined;
}

/**
 * Builds a trie over the words of all patterns. Of patterns that match, the most specific decides the unit (AMQP topic
 * patterns, `bySpecificity`), and in that unit the most specific response pattern decides the response. Configurations
 * with ties are refused before; should two units tie all the same, the first by name wins, so that every replica
 * agrees.
 */
export function buildIndex(units: Iterable<readonly [string, Unit]>): Index {
  const root = new Node();
  const patterns = new Map<string, readonly string[]>();
  const index: Index = {
    get units() {
      return patterns.size;
    },
    set(name, unit) {
      for (const pattern of patterns.get(name) ?? []) remove(root, pattern.split('.'), 0, name);
      patterns.delete(name);
      if (unit === undefined) return;
      const { absorbs = [], responses } = unit;
      for (const [pattern, response] of Object.entries(responses))
        add(root, { pattern, rank: rankOf(pattern), unit: name, response });
      for (const pattern of absorbs) add(root, { pattern, rank: rankOf(pattern), unit: name });
      patterns.set(name, [...Object.keys(responses), ...absorbs]);
    },
    match(type) {
      const found = new Set<Entry>();
      collect(root, type.split('.'), 0, found);
      const winner = best(found);
      if (winner === undefined) return undefined;
      const answer = best([...found].filter((e) => e.unit === winner.unit && e.response !== undefined));
      return answer === undefined
        ? { unit: winner.unit }
        : { unit: winner.unit, pattern: answer.pattern, response: answer.response };
    },
  };
  for (const [name, unit] of units) index.set(name, unit);
  return index;
}

/** @returns whether nothing is left of the node */
function remove(node: Node, words: readonly string[], at: number, unit: string): boolean {
  const word = words[at];
  if (word === undefined) {
    const left = node.entries?.filter((entry) => entry.unit !== unit) ?? [];
    node.entries = left.length > 0 ? left : undefined;
  } else {
    const child = node.next?.get(word);
    if (child !== undefined && remove(child, words, at + 1, unit)) node.next?.delete(word);
    if (node.next?.size === 0) node.next = undefined;
  }
  return node.entries === undefined && node.next === undefined;
}

function add(root: Node, entry: Entry): void {
  let node = root;
  for (const token of entry.pattern.split('.')) {
    node.next ??= new Map();
    let child = node.next.get(token);
    if (child === undefined) {
      child = new Node();
      node.next.set(token, child);
    }
    node = child;
  }
  node.entries = node.entries === undefined ? [entry] : [...node.entries, entry];
}

function collect(node: Node, words: readonly string[], at: number, found: Set<Entry>): void {
  if (at === words.length) for (const entry of node.entries ?? []) found.add(entry);
  if (node.next === undefined) return;
  const rest = node.next.get('#');
  if (rest !== undefined) for (let from = at; from <= words.length; from++) collect(rest, words, from, found);
  const word = words[at];
  if (word === undefined) return;
  const literal = node.next.get(word);
  if (literal !== undefined) collect(literal, words, at + 1, found);
  const any = node.next.get('*');
  if (any !== undefined) collect(any, words, at + 1, found);
}

/**
 * The order of `bySpecificity` as text: word by word a literal 0, `*` 1, the end 2, `#` 3. Equal ones are one string,
 * so that they cost nothing.
 */
function rankOf(pattern: string): string {
  const words = pattern.split('.').map((word) => (word === '#' ? '3' : word === '*' ? '1' : '0'));
  const rank = `${words.join('')}2`;
  const known = RANKS.get(rank) ?? rank;
  RANKS.set(known, known);
  return known;
}
const RANKS = new Map<string, string>();

function best(entries: Iterable<Entry>): Entry | undefined {
  let first: Entry | undefined;
  for (const entry of entries) if (first === undefined || compare(entry, first) < 0) first = entry;
  return first;
}

function compare(a: Entry, b: Entry): number {
  if (a.rank !== b.rank) return a.rank < b.rank ? -1 : 1;
  return a.unit < b.unit ? -1 : a.unit > b.unit ? 1 : 0;
}
