import { type CloudEvent, VsmError } from '@vsmcp/vsm';
import { expressionOf, expressionText, isExpression, nameOf, shown } from './expressions.js';
import type { Scope } from './scope.js';

/** A tree whose string leaves that begin with `=` are expressions, all else literal; what it makes of an event. */
export type Mapping = ((scope: Scope) => unknown) & { readonly tree?: unknown };

/** Most bytes (as JSON) that a mapping may make out of one event. */
export const MAX_ARGUMENT_BYTES = 4 * 1024 * 1024;

/**
 * Checks that a tree's expressions compile. It is walked anew for each event: compiled trees of 10,000 units would take
 * more room than the units.
 * @throws VSM_CONFIG naming the expression that does not compile
 */
export function mappingOf(tree: unknown): Mapping {
  const expressions = expressionsIn(tree);
  if (expressions.length === 0) return () => tree;
  for (const written of expressions) expressionOf(written);
  return Object.assign((scope: Scope) => made(tree, scope), { tree });
}

function made(tree: unknown, scope: Scope): unknown {
  if (isExpression(tree)) return expressionOf(tree)(scope);
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map((item) => made(item, scope));
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, made(value, scope)]));
}

function expressionsIn(tree: unknown): string[] {
  if (isExpression(tree)) return [tree];
  return typeof tree === 'object' && tree !== null ? Object.values(tree).flatMap(expressionsIn) : [];
}

/** Arguments of a call. @throws VSM_EVENT when an expression fails, or what it makes is too large */
export function argumentsOf(mapping: Mapping, scope: Scope): Record<string, unknown> {
  const value = mapping(scope);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new VsmError(
      'VSM_EVENT',
      `the arguments made for event ${nameOf(scope.event)} are not an object: map to {…}, one key for each argument of the tool`,
    );
  }
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > MAX_ARGUMENT_BYTES) {
    throw new VsmError(
      'VSM_EVENT',
      `${largest(mapping, scope)}the arguments made for event ${nameOf(scope.event)} have ${bytes} bytes; at most ${MAX_ARGUMENT_BYTES} are passed on: map less of the event`,
    );
  }
  return value as Record<string, unknown>;
}

/** The expression that makes the most, for a person who has to mend it. */
function largest({ tree }: Mapping, scope: Scope): string {
  const sizes = expressionsIn(tree).map((written) => ({
    written,
    bytes: Buffer.byteLength(JSON.stringify(expressionOf(written)(scope)) ?? ''),
  }));
  const [most] = sizes.sort((a, b) => b.bytes - a.bytes);
  return most === undefined ? '' : `${shown(expressionText(most.written))} makes ${most.bytes} bytes: `;
}

export function scopeOf(event: CloudEvent, results: readonly unknown[] = []): Scope {
  const { data, ...attributes } = event;
  return { data: data ?? null, event: attributes, results };
}
