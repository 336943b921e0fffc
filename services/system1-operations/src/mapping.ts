import { Environment } from '@marcbachmann/cel-js';
import { type CloudEvent, reasonOf, VsmError } from '@vsmcp/vsm';
import { effortOf, mustBeLight } from './effort.js';

/** What expressions see: the event's data, its attributes, and in `then` steps the results of the steps before. */
export interface Scope {
  data: unknown;
  event: Record<string, unknown>;
  results: readonly unknown[];
}

/** A literal or an expression, compiled; of a tree, its expressions with their texts. */
export type Compiled = ((scope: Scope) => unknown) & { readonly expressions?: readonly [string, Compiled][] };

/** Most characters of an expression that an error shows. */
const MOST_SHOWN = 200;
/** Most parts of one expression: what is longer is a program, and belongs into a tool. */
const MOST_PARTS = 2000;

/** Most bytes (as JSON) that a mapping may make out of one event. */
export const MAX_ARGUMENT_BYTES = 4 * 1024 * 1024;

/**
 * JSON has one kind of number, CEL two. Numbers of events are doubles here; mixed arithmetic gives a double and mixed
 * comparison is CEL's own, so that `data.used + 1` and `string(data.used)` (`42`) do what they say.
 */
const environment = new Environment({
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxAstNodes: MOST_PARTS },
})
  .registerVariable('data', 'dyn')
  .registerVariable('event', 'dyn')
  .registerVariable('results', 'dyn');
const ARITHMETIC: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};
for (const [operator, apply] of Object.entries(ARITHMETIC)) {
  const mixed = (a: unknown, b: unknown) => apply(Number(a), Number(b));
  environment.registerOperator(`double ${operator} int`, mixed);
  environment.registerOperator(`int ${operator} double`, mixed);
}

/** True for a leaf that is an expression. */
export function isExpression(leaf: unknown): leaf is string {
  return typeof leaf === 'string' && leaf.startsWith('=');
}

/**
 * Compiles a CEL expression.
 * @throws VSM_CONFIG naming the expression, when it does not parse
 */
export function compileExpression(expression: string): Compiled {
  try {
    const program = environment.parse(expression);
    const checked = program.check();
    if (!checked.valid) throw checked.error ?? new Error('does not type-check');
    const effort = effortOf(program.ast);
    return (scope) => {
      try {
        mustBeLight(effort, scope);
        return plain(program({ data: scope.data, event: scope.event, results: scope.results }), 0);
      } catch (error) {
        throw new VsmError('VSM_EVENT', `${shown(expression)}: ${firstLine(error)} (event ${nameOf(scope.event)})`, {
          cause: error,
        });
      }
    };
  } catch (error) {
    throw new VsmError('VSM_CONFIG', `${shown(expression)}: ${firstLine(error)}; expected a CEL expression`, {
      cause: error,
    });
  }
}

/** Units made from one template have the same expressions: of so many texts the compiled form is shared. */
const MOST_SHARED = 1000;
const shared = new Map<string, Compiled>();

/** Compiles a CEL expression, or gives what was made of the same text. @throws VSM_CONFIG */
export function sharedExpression(text: string): Compiled {
  const known = shared.get(text);
  const compiled = known ?? compileExpression(text);
  if (known === undefined) Object.assign(compiled, { expressions: [[text, compiled] as [string, Compiled]] });
  shared.delete(text);
  shared.set(text, compiled);
  const [oldest] = shared.keys();
  if (shared.size > MOST_SHARED && oldest !== undefined) shared.delete(oldest);
  return compiled;
}

/** Compiles a tree whose string leaves that begin with `=` are expressions; all else is literal. */
export function compileTree(tree: unknown): Compiled {
  if (isExpression(tree)) return sharedExpression(tree.slice(1).trim());
  if (Array.isArray(tree)) {
    const items = tree.map(compileTree);
    return withThoseOf(items, (scope) => items.map((item) => item(scope)));
  }
  if (typeof tree === 'object' && tree !== null) {
    const entries = Object.entries(tree).map(([key, value]) => [key, compileTree(value)] as const);
    return withThoseOf(
      entries.map(([, value]) => value),
      (scope) => Object.fromEntries(entries.map(([key, value]) => [key, value(scope)])),
    );
  }
  return () => tree;
}

function withThoseOf(parts: readonly Compiled[], compiled: (scope: Scope) => unknown): Compiled {
  const expressions = parts.flatMap((part) => part.expressions ?? []);
  return expressions.length === 0 ? compiled : Object.assign(compiled, { expressions });
}

/** Arguments of a call. @throws VSM_EVENT when an expression fails, or what it makes is too large */
export function argumentsOf(compiled: Compiled, scope: Scope): Record<string, unknown> {
  const value = compiled(scope);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new VsmError('VSM_EVENT', `the arguments made for event ${nameOf(scope.event)} are not an object`);
  }
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > MAX_ARGUMENT_BYTES) {
    throw new VsmError(
      'VSM_EVENT',
      `${largest(compiled, scope)}the arguments made for event ${nameOf(scope.event)} have ${bytes} bytes; at most ${MAX_ARGUMENT_BYTES} are passed on: map less of the event`,
    );
  }
  return value as Record<string, unknown>;
}

/** The expression that makes the most, for a person who has to mend it. */
function largest({ expressions = [] }: Compiled, scope: Scope): string {
  const sizes = expressions.map(([text, compiled]) => ({
    text,
    bytes: Buffer.byteLength(JSON.stringify(compiled(scope)) ?? ''),
  }));
  const [most] = sizes.sort((a, b) => b.bytes - a.bytes);
  return most === undefined ? '' : `${shown(most.text)} makes ${most.bytes} bytes: `;
}

function shown(expression: string): string {
  return expression.length > MOST_SHOWN ? `${expression.slice(0, MOST_SHOWN)}…` : expression;
}

export function scopeOf(event: CloudEvent, results: readonly unknown[] = []): Scope {
  const { data, ...attributes } = event;
  return { data: data ?? null, event: attributes, results };
}

/** CEL values as JSON has them: integers within 2^53 as numbers, larger ones as text, times as RFC 3339. */
function plain(value: unknown, depth: number): unknown {
  if (depth > 64) throw new VsmError('VSM_EVENT', 'the value is nested deeper than 64');
  switch (typeof value) {
    case 'bigint':
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
    case 'object':
      break;
    case 'function':
    case 'symbol':
    case 'undefined':
      throw new VsmError('VSM_EVENT', `a ${typeof value} cannot be passed to a tool`);
    default:
      return value;
  }
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !(value instanceof Map)) {
    throw new VsmError('VSM_EVENT', 'the value has no JSON form: wrap it in string(…) or int(…)');
  }
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [String(key), plain(item, depth + 1)]));
}

function firstLine(error: unknown): string {
  return reasonOf(error).split('\n', 1)[0] ?? '';
}

function nameOf(event: Record<string, unknown>): string {
  return `${String(event.type)} ${String(event.id)}`;
}
