import { reasonOf } from '../errors.js';

/** @returns undefined for what is no instant */
export function isoTime(ms: number): string | undefined {
  return Number.isInteger(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined;
}

/** `2026-11-24T10:00:00.000Z` */
export function isShort(time: unknown): time is string {
  return typeof time === 'string' && time.length === 24 && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time);
}

/** Text that names an event and is fit for every store. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 512 && !value.includes('\0');
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/** Nothing in it can be wrong: text, a number that JSON has, true, false, null, or not there. */
export function isScalar(value: unknown): boolean {
  const type = typeof value;
  if (type === 'number') return Number.isFinite(value);
  return type === 'string' || type === 'boolean' || type === 'undefined' || value === null;
}

/** MessagePack can tell what JSON cannot: what is not JSON could not be written down. */
export function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      if (value === null) return true;
      if (depth === 0) return false;
      if (Array.isArray(value)) return value.every((each) => each !== undefined && isJson(each, depth - 1));
      return isPlain(value) && allJson(value, depth - 1);
    default:
      return false;
  }
}

function allJson(object: Readonly<Record<string, unknown>>, depth: number): boolean {
  for (const name in object) if (!isJson(object[name], depth)) return false;
  return true;
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Content of a bad event, for people to look at: as JSON as far as that goes. */
export function jsonOf(found: unknown): Uint8Array {
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value);
  try {
    return new TextEncoder().encode(JSON.stringify(found, plain));
  } catch (error) {
    return new TextEncoder().encode(`cannot be shown: ${reasonOf(error)}`);
  }
}
