import type { ASTNode } from '@marcbachmann/cel-js';
import type { Token } from './lexer.js';

/** All nodes of a parsed expression, each before what it contains. */
export function* nodesOf(node: unknown): Generator<ASTNode> {
  if (Array.isArray(node)) {
    for (const part of node) yield* nodesOf(part);
    return;
  }
  if (!isNode(node)) return;
  yield node;
  yield* nodesOf(node.args);
}

function isNode(node: unknown): node is ASTNode {
  return typeof node === 'object' && node !== null && 'op' in node && 'args' in node;
}

/**
 * The place of a node in the text with the parentheses that it begins or ends in. The library's own range leaves the outermost of them out: of
 * `(x + y) * z` it is `x + y) * z`.
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
