import type { ASTNode, Environment, ParseResult } from '@marcbachmann/cel-js';
import { tokensOf } from './lexer.js';
import { checkKeys, KEY } from './map-keys.js';
import { placeOf, walk } from './nodes.js';
import { patternOf } from './patterns.js';
import { type Edit, edited, OWN, rewritten } from './rewrite.js';

/**
 * Parses and checks an expression: first as a text (`rewrite.ts`), then by its syntax tree, for what only the tree
 * tells.
 * @throws VSM_CONFIG, or the library's ParseError or TypeError
 */
export function parseChecked(environment: Environment, expression: string): ParseResult {
  const text = rewritten(expression);
  const first = environment.parse(text);
  const program = reparsed(environment, text, first, keysAndLiterals);
  const checked = program.check();
  if (checked.valid) return program;
  // branches and sides of different types are no error in what is made out of JSON
  const again = reparsed(environment, program.ast.input, environment.parse(program.ast.input), mixed);
  const rechecked = again.check();
  if (!rechecked.valid) throw checked.error ?? rechecked.error ?? new Error('does not type-check');
  return again;
}

function reparsed(
  environment: Environment,
  text: string,
  program: ParseResult,
  editsOf: (ast: ASTNode, text: string) => Edit[],
): ParseResult {
  const edits = editsOf(program.ast, text);
  return edits.length === 0 ? program : environment.parse(edited(text, edits));
}

function patternIn(node: ASTNode): ASTNode | undefined {
  if (node.op === 'rcall' && node.args[0] === `${OWN}matches`) return node.args[2][0];
  return node.op === 'call' && node.args[0] === `${OWN}matches` ? node.args[1][1] : undefined;
}

/**
 * Computed keys are looked at when they are there, and has() of a field of what is no name gets a name for it. What is
 * wrong already before the first event is refused: patterns that do not compile, keys that cannot be.
 */
function keysAndLiterals(ast: ASTNode, text: string): Edit[] {
  const edits: Edit[] = [];
  walk(ast, (node) => {
    if (node.op === 'map') {
      checkKeys(node);
      for (const [key] of node.args) if (key.op !== 'value') edits.push(...around(key, text, `${KEY}(`, ')'));
    }
    if (node.op === 'call' && node.args[0] === 'has') edits.push(...namedRoot(node.args[1][0], text));
    const pattern = patternIn(node);
    if (pattern?.op === 'value' && typeof pattern.args === 'string') patternOf(pattern.args);
  });
  return edits;
}

/** `has({…}.a)` becomes `cel.bind(vsm_root, {…}, has(vsm_root.a))`: the library takes names alone. */
function namedRoot(field: ASTNode | undefined, text: string): Edit[] {
  let root = field;
  while (root && (root.op === '.' || root.op === '.?')) root = root.args[0];
  if (!root || root === field || root.op === 'id') return [];
  const tokens = tokensOf(text);
  const { start, end } = placeOf(root, tokens);
  const opened = tokens.findLast((token) => token.text === 'has' && token.start < start);
  const closed = tokens.find((token) => token.text === ')' && token.start >= (field?.end ?? end));
  if (!opened || !closed) return [];
  return [
    { start: opened.start, end: opened.start, text: `cel.bind(${OWN}root, ${text.slice(start, end)}, ` },
    { start, end, text: `${OWN}root` },
    { start: closed.end, end: closed.end, text: ')' },
  ];
}

function mixed(ast: ASTNode, text: string): Edit[] {
  const edits: Edit[] = [];
  walk(ast, (node) => {
    if (node.op === '?:') for (const branch of node.args.slice(1)) edits.push(...around(branch, text, 'dyn(', ')'));
    if (node.op === '==' || node.op === '!=') edits.push(...around(node.args[0], text, 'dyn(', ')'));
  });
  return edits;
}

function around(node: ASTNode, text: string, before: string, behind: string): Edit[] {
  const { start, end } = placeOf(node, tokensOf(text));
  return [
    { start, end: start, text: before },
    { start: end, end, text: behind },
  ];
}
