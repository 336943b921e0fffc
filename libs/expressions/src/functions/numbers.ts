import type { Environment } from '@marcbachmann/cel-js';
import { OWN } from '../rewrite.js';
import { Failure } from './failure.js';
import { integerOf, unsigned } from './unsigned.js';

/** Ranges of CEL's int and uint, https://github.com/google/cel-spec/blob/master/doc/langdef.md#numeric-values */
const INT = { least: -(2n ** 63n), most: 2n ** 63n - 1n };
const UINT = { least: 0n, most: 2n ** 64n - 1n };
/** Doubles next to the ends of int, where a conversion could round beyond: the specification refuses both. */
const WHOLE = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NAMED: Record<string, number> = { inf: Infinity, infinity: Infinity, nan: Number.NaN };

/** Conversions between numbers, and from text, that refuse what they cannot hold. */
export function registerNumbers(environment: Environment): void {
  const one = (name: string, type: string, to: string, make: (value: never) => unknown) =>
    environment.registerFunction(`${OWN}${name}(${type}): ${to}`, make);

  one('int', 'int', 'int', (value: bigint) => value);
  one('int', 'uint', 'int', (value: unknown) => within(integerOf(value), INT, 'int'));
  one('int', 'double', 'int', (value: number) =>
    within(whole(value, 'int'), { least: INT.least + 1n, most: INT.most }, 'int'),
  );
  one('int', 'string', 'int', (text: string) => within(parsed(text, 'int'), INT, 'int'));
  one('uint', 'uint', 'uint', (value: unknown) => value);
  one('uint', 'int', 'uint', (value: bigint) => unsigned(within(value, UINT, 'uint')));
  one('uint', 'double', 'uint', (value: number) => unsigned(within(whole(value, 'uint'), UINT, 'uint')));
  one('uint', 'string', 'uint', (text: string) => unsigned(within(parsed(text, 'uint'), UINT, 'uint')));
  one('double', 'double', 'double', (value: number) => value);
  one('double', 'int', 'double', (value: bigint) => Number(value));
  one('double', 'uint', 'double', (value: unknown) => Number(integerOf(value)));
  one('double', 'string', 'double', double);
}

function within(value: bigint, { least, most }: typeof INT, type: string): bigint {
  if (value < least || value > most) throw new Failure(`${value} is beyond what ${type} holds`);
  return value;
}

function whole(value: number, type: string): bigint {
  if (!Number.isFinite(value)) throw new Failure(`${value} is not a number that ${type} holds`);
  return BigInt(Math.trunc(value));
}

function parsed(text: string, type: string): bigint {
  if (!WHOLE.test(text) || text.length > 40)
    throw new Failure(`${JSON.stringify(text.slice(0, 60))} is not ${type === 'int' ? 'an int' : 'a uint'}`);
  return BigInt(text.startsWith('+') ? text.slice(1) : text);
}

function double(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const named = NAMED[text.replace(/^[+-]/, '').toLowerCase()];
  if (named !== undefined) return sign * named;
  if (!DECIMAL.test(text)) throw new Failure(`${JSON.stringify(text.slice(0, 60))} is not a double`);
  return Number(text);
}
