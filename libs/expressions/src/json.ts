import { Optional } from '@marcbachmann/cel-js';
import { VsmError } from '@vsmcp/vsm';
import { durationInRange, durationText, isDuration, stampText } from './functions/times.js';
import { isUnsigned } from './functions/unsigned.js';

/** Depth of a value that an expression makes. */
const DEEPEST = 64;
/** The ends of CEL's int; what is beyond was computed without its check. */
const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

/**
 * A CEL value as JSON has it: integers within 2^53 as numbers, larger ones as text, timestamps as RFC 3339, durations
 * as `1.5s`, bytes in base64.
 * @throws VSM_EVENT for a value that JSON cannot hold, or that is outside its CEL type's range
 */
export function jsonOf(value: unknown, depth = 0): unknown {
  if (depth > DEEPEST) throw no(`the value is nested deeper than ${DEEPEST}`);
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value))
        throw no(`the number is ${value}, which JSON cannot hold: guard against it, as in x != 0 ? y / x : 0`);
      return value;
    case 'bigint':
      if (value < LEAST || value > MOST) throw no('the integer is beyond 64 bits');
      return integer(value);
    case 'object':
      return value === null ? null : objectOf(value, depth);
    case 'function':
    case 'symbol':
    case 'undefined':
      throw no(`a ${typeof value} cannot be passed to a tool`);
    default:
      return value;
  }
}

function objectOf(value: object, depth: number): unknown {
  if (Array.isArray(value)) return value.map((item) => jsonOf(item, depth + 1));
  if (value instanceof Date) return stampText(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (isUnsigned(value)) return integer(value.value);
  if (isDuration(value)) return durationText(durationInRange(value));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !(value instanceof Map)) {
    throw no(
      value instanceof Optional
        ? 'the value may be absent: end it with .orValue(…)'
        : 'a type has no JSON form: compare it, as in type(x) == string',
    );
  }
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [String(key), jsonOf(item, depth + 1)]));
}

function integer(value: bigint): number | string {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
}

function no(why: string): VsmError {
  return new VsmError('VSM_EVENT', why);
}
