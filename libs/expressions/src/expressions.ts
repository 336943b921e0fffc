import { createHash } from 'node:crypto';
import { reasonOf, VsmError } from '@vsmcp/vsm';
import { parseChecked } from './compile.js';
import { effortOf, mustBeLight } from './effort.js';
import { environmentOf } from './environment.js';
import { GenerationalMemo } from './generational-memo.js';
import { jsonOf } from './json.js';
import { withoutConstructors } from './readable.js';
import { OWN } from './rewrite.js';
import type { Scope } from './scope.js';

/** An expression, compiled. @throws VSM_EVENT naming expression and event, when it fails there */
export type Expression = (scope: Scope) => unknown;

/** The beginning of a name of ours, which was written without it. */
const OWN_NAME = new RegExp(`${OWN}(?=\\w)`, 'g');
/** Most characters of an expression that an error shows. */
const MOST_SHOWN = 200;
/**
 * Characters of expressions that stay compiled, of all units together. The library takes some 100 bytes for each: 10
 * MB.
 */
const MOST_COMPILED = 100_000;

const environment = environmentOf(['data', 'event', 'results']);

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
 * The expression in what was written, compiled: now, or while it is in use, once. Units hold its text only, and ask for
 * it at each event.
 * @throws VSM_CONFIG naming the expression, when it does not parse
 */
export function expressionOf(written: string): Expression {
  return compiled.of(written);
}

/**
 * Compiles a CEL expression.
 * @throws VSM_CONFIG naming the expression, when it does not parse or check, or holds a pattern that does not compile
 */
export function compileExpression(expression: string): Expression {
  try {
    const program = parseChecked(environment, expression);
    const effort = effortOf(program.ast);
    const run = ({ data, event, results }: Scope) => program({ data, event, results });
    return (scope) => {
      try {
        mustBeLight(effort, scope);
        return jsonOf(evaluated(run, scope));
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

/**
 * The library reads no field of an object that has one named `constructor`; as a Map it does. Only a failure makes it
 * worth to look for such.
 */
function evaluated(run: (scope: Scope) => unknown, scope: Scope): unknown {
  try {
    return run(scope);
  } catch (error) {
    const readable = withoutConstructors(scope);
    if (readable === scope) throw error;
    return run(readable);
  }
}

/** The beginning of an error, with our functions under the names that were written. */
function firstLine(error: unknown): string {
  return (reasonOf(error).split('\n', 1)[0] ?? '').replaceAll(OWN_NAME, '');
}

/** Raised with a change of this library by which an expression may judge the same event otherwise. */
const REVISION = 1;

/**
 * An expression's identity: SHA-256 (base64url) over its text and the revision of the language that it is judged in.
 */
export function expressionHash(expression: string): string {
  return createHash('sha256').update(`${REVISION}:${expression}`).digest('base64url');
}

/** As much of an expression as an error shows. */
export function shown(expression: string): string {
  return expression.length > MOST_SHOWN ? `${expression.slice(0, MOST_SHOWN)}…` : expression;
}

/** The name of an event in errors. */
export function nameOf(event: Record<string, unknown>): string {
  return `${String(event.type)} ${String(event.id)}`;
}
