import { evaluate } from '@marcbachmann/cel-js';

/** The library's class for uint is not exported, so it is had from a value. */
const Unsigned = (evaluate('1u') as object).constructor as new (value: bigint) => { value: bigint };

export function isUnsigned(value: unknown): value is { value: bigint } {
  return value instanceof Unsigned;
}

export function unsigned(value: bigint): unknown {
  return new Unsigned(value);
}

/** @returns the integer of a CEL uint or int */
export function integerOf(value: unknown): bigint {
  if (isUnsigned(value)) return value.value;
  if (typeof value === 'bigint') return value;
  throw new TypeError('no CEL integer');
}
