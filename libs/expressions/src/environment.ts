import { Environment } from '@marcbachmann/cel-js';
import { registerNumbers } from './functions/numbers.js';
import { registerStrings } from './functions/strings.js';
import { registerTimes } from './functions/times.js';
import { registerKeys } from './map-keys.js';

/** Most parts of one expression: what is longer is a program, and belongs into a tool. */
const MOST_PARTS = 2000;

const ARITHMETIC: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};
const ORDER: Record<string, (order: number) => boolean> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/**
 * The environment of all expressions of the fleet: CEL's standard library, with functions of ours where the library's
 * are wrong. JSON has one kind of number, CEL two. Numbers of events are doubles here; mixed arithmetic gives a double
 * and mixed comparison is CEL's own, so that `data.used + 1` and `string(data.used)` (`42`) do what they say.
 * @param variables the names that expressions see
 */
export function environmentOf(variables: readonly string[]): Environment {
  const environment = new Environment({
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: MOST_PARTS },
  });
  for (const name of variables) environment.registerVariable(name, 'dyn');
  for (const [operator, apply] of Object.entries(ARITHMETIC)) {
    const mixed = (a: unknown, b: unknown) => apply(Number(a), Number(b));
    environment.registerOperator(`double ${operator} int`, mixed);
    environment.registerOperator(`int ${operator} double`, mixed);
  }
  for (const [operator, holds] of Object.entries(ORDER)) {
    environment.registerOperator(`bytes ${operator} bytes: bool`, (a: Uint8Array, b: Uint8Array) =>
      holds(Buffer.compare(a, b)),
    );
  }
  registerNumbers(environment);
  registerStrings(environment);
  registerTimes(environment);
  registerKeys(environment);
  return environment;
}
