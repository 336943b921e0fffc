import type { ASTNode } from '@marcbachmann/cel-js';
import type { Token } from './lexer.js';

/** Calls `see` with each node of a parsed expression, each before what it contains. */
export function walk(node: unknown, see: (node: ASTNode) => void): void {
  if (Array.isArray(node)) {
    for (const part of node) walk(part, see);
    return;
  }
  if (!isNode(node)) return;
  see(node);
  if (typeof node.args === 'object') walk(node.args, see);
}

function isNode(node: unknown): node is ASTNode {
  return typeof node === 'object' && node !== null && 'op' in node && 'args' in node;
}

/**
 * The place of a node in the text with the parentheses that it begins or ends in. The library's own range leaves the
 * outermost of them out: of `(x + y) * z` it is `x + y) * z`.
 */
export function placeOf({ start, end }: ASTNode, tokens: readonly Token[]): { start: number; end: number } {
  const first = tokens.findIndex((token) => token.start >= start);
  let last = first;
  let [depth, missing] = [0, 0];
  for (; last < tokens.length && (tokens[last] as Token).end <= end; last++) {
    const { text } = tokens[last] as Token;
    if (text === '(') depth++;
    else if (text === ')' && --depth < 0) [depth, missing] = [0, missing + 1];
  }
  return {
    start: (tokens[first - missing] ?? tokens[first])?.start ?? start,
    end: (tokens[last - 1 + depth] ?? tokens[last - 1])?.end ?? end,
  };
}
