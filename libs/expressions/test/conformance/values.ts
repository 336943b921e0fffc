import { isDuration } from '../../src/functions/times.js';
import { integerOf, isUnsigned, unsigned } from '../../src/functions/unsigned.js';

/** A value as the conformance cases write it: cel.expr.Value. */
export interface SpecValue {
  kind: { case: string | undefined; value?: unknown };
}

/** The library's form of a case's value. */
export function given({ kind }: SpecValue): unknown {
  switch (kind.case) {
    case 'int64Value':
      return BigInt(kind.value as bigint);
    case 'uint64Value':
      return unsigned(BigInt(kind.value as bigint));
    case 'listValue':
      return (kind.value as { values: SpecValue[] }).values.map(given);
    case 'mapValue': {
      const { entries } = kind.value as { entries: { key: SpecValue; value: SpecValue }[] };
      return new Map(entries.map(({ key, value }) => [given(key), given(value)]));
    }
    case 'nullValue':
      return null;
    default:
      return kind.value;
  }
}

/**
 * True where what an expression gave is what the case wants. A number of the right value counts, whatever its
 * JavaScript type.
 */
export function isSame(got: unknown, { kind }: SpecValue): boolean {
  switch (kind.case) {
    case 'int64Value':
    case 'uint64Value':
      return (
        isNumber(got) &&
        (typeof got === 'number' ? got === Number(kind.value) : integerOf(got) === BigInt(kind.value as bigint))
      );
    case 'doubleValue':
      return (
        isNumber(got) &&
        Object.is(typeof got === 'number' ? got + 0 : Number(integerOf(got)), (kind.value as number) + 0)
      );
    case 'nullValue':
      return got === null;
    case 'bytesValue':
      return got instanceof Uint8Array && Buffer.compare(got, kind.value as Uint8Array) === 0;
    case 'listValue': {
      const { values } = kind.value as { values: SpecValue[] };
      return Array.isArray(got) && got.length === values.length && values.every((value, i) => isSame(got[i], value));
    }
    case 'mapValue':
      return isSameMap(got, (kind.value as { entries: { key: SpecValue; value: SpecValue }[] }).entries);
    case 'typeValue':
      return String(got) === `Type<${kind.value === 'null_type' ? 'null' : kind.value}>`;
    case 'objectValue':
      return isSameMessage(got, kind.value as { typeUrl: string; value: Uint8Array });
    default:
      return got === kind.value;
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || isUnsigned(value);
}

function isSameMap(got: unknown, wanted: readonly { key: SpecValue; value: SpecValue }[]): boolean {
  if (typeof got !== 'object' || got === null) return false;
  const entries = got instanceof Map ? [...got] : Object.entries(got);
  const isKey = (key: unknown, spec: SpecValue) => isSame(key, spec) || key === String(spec.kind.value);
  return (
    entries.length === wanted.length &&
    wanted.every((want) => entries.some(([key, value]) => isKey(key, want.key) && isSame(value, want.value)))
  );
}

/** Timestamps and durations: two varints, seconds and nanos. */
function isSameMessage(got: unknown, { typeUrl, value }: { typeUrl: string; value: Uint8Array }): boolean {
  const [seconds, nanos] = fieldsOf(value);
  if (typeUrl.endsWith('Duration')) return isDuration(got) && got.seconds === seconds && BigInt(got.nanos) === nanos;
  return got instanceof Date && BigInt(got.getTime()) === seconds * 1000n + nanos / 1_000_000n;
}

function fieldsOf(bytes: Uint8Array): [bigint, bigint] {
  const fields: [bigint, bigint] = [0n, 0n];
  let at = 0;
  while (at < bytes.length) {
    const field = (bytes[at++] ?? 0) >> 3;
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) break;
    }
    fields[field === 1 ? 0 : 1] = BigInt.asIntN(64, value);
  }
  return fields;
}
