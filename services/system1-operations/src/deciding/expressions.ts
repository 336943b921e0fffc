import { Environment } from '@marcbachmann/cel-js';
import { reasonOf, VsmError } from '@vsmcp/vsm';
import { effortOf, mustBeLight } from './effort.js';
import { GenerationalMemo } from './generational-memo.js';

/** What expressions see: the event's data, its attributes, and in `then` steps the results of the steps before. */
export interface Scope {
  data: unknown;
  event: Record<string, unknown>;
  results: readonly unknown[];
}

/** An expression, compiled. @throws VSM_EVENT naming expression and event, when it fails there */
export type Expression = (scope: Scope) => unknown;

/** Most characters of an expression that an error shows. */
const MOST_SHOWN = 200;
/** Most parts of one expression: what is longer is a program, and belongs into a tool. */
const MOST_PARTS = 2000;
/** Characters of expressions that stay compiled, of all units together. The library takes some 100 bytes for each: 10 MB. */
const MOST_COMPILED = 100_000;

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

/** The expression in what was written, with `=` before it or (a guard) without. */
export function expressionText(written: string): string {
  return isExpression(written) ? written.slice(1).trim() : written;
}

const compiled = new GenerationalMemo((written) => compileExpression(expressionText(written)), MOST_COMPILED);

/**
 * The expression in what was written, compiled: now, or while it is in use, once. Units hold its text only, and ask for it at each event.
 * @throws VSM_CONFIG naming the expression, when it does not parse
 */
export function expressionOf(written: string): Expression {
  return compiled.of(written);
}

/**
 * Compiles a CEL expression.
 * @throws VSM_CONFIG naming the expression, when it does not parse
 */
export function compileExpression(expression: string): Expression {
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

/** As much of an expression as an error shows. */
export function shown(expression: string): string {
  return expression.length > MOST_SHOWN ? `${expression.slice(0, MOST_SHOWN)}…` : expression;
}

/** How errors call an event. */
export function nameOf(event: Record<string, unknown>): string {
  return `${String(event.type)} ${String(event.id)}`;
}
