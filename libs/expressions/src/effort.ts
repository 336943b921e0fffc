import { VsmError } from '@vsmcp/vsm';
import type { Scope } from './scope.js';

/**
 * Elements that one evaluation may visit. CEL always ends, but a list from outside can make it last: each visit takes
 * some microseconds in which this replica does nothing else.
 */
export const MOST_VISITS = 100_000;
/** Depth to which a value is looked through. */
const DEEPEST = 64;

const COMPREHENSIONS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** The work of an expression on lists. */
export interface Effort {
  /** How deep its comprehensions are nested; 0 for none. */
  nesting: number;
  /** It makes lists out of text. */
  splits: boolean;
}

/** @param ast a CEL expression, parsed: nodes `{ op, args }` */
export function effortOf(ast: unknown): Effort {
  const effort = { nesting: 0, splits: false };
  const walk = (node: unknown, within: number): void => {
    if (Array.isArray(node)) {
      for (const part of node) walk(part, within);
      return;
    }
    if (typeof node !== 'object' || node === null || !('args' in node)) return;
    const { args } = node;
    const [name, receiver, rest]: unknown[] = 'op' in node && node.op === 'rcall' && Array.isArray(args) ? args : [];
    if (name === 'split') effort.splits = true;
    if (typeof name === 'string' && COMPREHENSIONS.has(name)) {
      effort.nesting = Math.max(effort.nesting, within + 1);
      walk(receiver, within);
      walk(rest, within + 1);
    } else walk(args, within);
  };
  walk(ast, 0);
  return effort;
}

/** @throws VSM_EVENT when evaluating would visit more than it may: the longest list, once for each level of nesting */
export function mustBeLight({ nesting, splits }: Effort, { data, results }: Scope): void {
  if (nesting === 0) return;
  const longest = longestIn([data, results], splits, 0);
  if (longest ** nesting <= MOST_VISITS) return;
  throw new VsmError(
    'VSM_EVENT',
    `${longest} elements, looked through in ${nesting} nested ${nesting === 1 ? 'step' : 'steps'}, are more than ${MOST_VISITS} visits: map less of the event, or leave it to a tool`,
  );
}

function longestIn(value: unknown, texts: boolean, depth: number): number {
  if (typeof value === 'string') return texts ? value.length : 0;
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return 0;
  const parts = Object.values(value);
  return parts.reduce<number>((longest, part) => Math.max(longest, longestIn(part, texts, depth + 1)), parts.length);
}
