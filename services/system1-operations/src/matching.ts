import { bySpecificity, type Response, type Unit } from '@vsmcp/vsm';

/** What answers an event type: the most specific unit, and in it the most specific response, if it has one. */
export interface Match {
  unit: string;
  /** The pattern of the response; absent when the unit absorbs the type and says nothing about it. */
  pattern?: string;
  response?: Response;
}

/** Finds the unit and response of an event type. Its cost grows with the words of the type, not with the units. */
export interface Index {
  match(type: string): Match | undefined;
  readonly units: number;
}

interface Entry {
  pattern: string;
  unit: string;
  response?: Response;
}

interface Node {
  next?: Map<string, Node>;
  entries?: Entry[];
}

/**
 * Builds a trie over the words of all patterns. Of patterns that match, the most specific decides the unit (AMQP topic
 * patterns, `bySpecificity`), and in that unit the most specific response pattern decides the response. Configurations with ties
 * are refused before; should two units tie all the same, the first by name wins, so that every replica agrees.
 */
export function buildIndex(units: Iterable<readonly [string, Unit]>): Index {
  const root: Node = {};
  let count = 0;
  for (const [name, unit] of units) {
    count++;
    for (const [pattern, response] of Object.entries(unit.responses)) add(root, { pattern, unit: name, response });
    for (const pattern of unit.absorbs ?? []) add(root, { pattern, unit: name });
  }
  return {
    units: count,
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
}

function add(root: Node, entry: Entry): void {
  let node = root;
  for (const token of entry.pattern.split('.')) {
    node.next ??= new Map();
    let child = node.next.get(token);
    if (child === undefined) {
      child = {};
      node.next.set(token, child);
    }
    node = child;
  }
  node.entries ??= [];
  node.entries.push(entry);
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

function best(entries: Iterable<Entry>): Entry | undefined {
  let first: Entry | undefined;
  for (const entry of entries) if (first === undefined || compare(entry, first) < 0) first = entry;
  return first;
}

function compare(a: Entry, b: Entry): number {
  return bySpecificity(a.pattern, b.pattern) || (a.unit < b.unit ? -1 : a.unit > b.unit ? 1 : 0);
}
