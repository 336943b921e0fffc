import { type Environment, evaluate } from '@marcbachmann/cel-js';
import { OWN } from '../rewrite.js';
import { Failure } from './failure.js';
import { inZone } from './zones.js';

/** The library's classes for timestamp (Date, so milliseconds) and duration. */
export const Duration = (evaluate('duration("1s")') as object).constructor as new (
  seconds: bigint,
  nanos: number,
) => DurationValue;

/** `seconds` and `nanos` have the same sign, as in google.protobuf.Duration. */
export interface DurationValue {
  readonly seconds: bigint;
  readonly nanos: number;
}

const STAMP = 'google.protobuf.Timestamp';
const SPAN = 'google.protobuf.Duration';
/**
 * Ends of what a timestamp may be, ms since the epoch, and a duration, seconds: langdef.md#timestamps-and-durations.
 */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');
const LONGEST = 315_576_000_000n;
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const NANOS: Record<string, bigint> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1000n,
  µs: 1000n,
  ns: 1n,
};
const PART = /^(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/;
const BILLION = 1_000_000_000n;

/** Timestamps and durations: read strictly, within their ranges, and shown in any time zone. */
export function registerTimes(environment: Environment): void {
  const stamp = (type: string, make: (value: never) => unknown) =>
    environment.registerFunction(`${OWN}timestamp(${type}): ${STAMP}`, make);
  stamp(STAMP, (at: Date) => at);
  stamp('string', timestamp);
  stamp('int', (seconds: bigint) => inRange(Number(seconds) * 1000));
  const span = (type: string, make: (value: never) => unknown) =>
    environment.registerFunction(`${OWN}duration(${type}): ${SPAN}`, make);
  span(SPAN, (duration: DurationValue) => duration);
  span('string', duration);
  environment.registerFunction(`${OWN}int(${STAMP}): int`, (at: Date) => BigInt(Math.floor(at.getTime() / 1000)));
  environment.registerFunction(`${OWN}string(${STAMP}): string`, stampText);
  environment.registerFunction(`${OWN}string(${SPAN}): string`, durationText);
  registerParts(environment);
}

function registerParts(environment: Environment): void {
  const part = (name: string, of: (at: Date) => number) => {
    const read = (at: Date, zone?: string) => BigInt(of(zone === undefined ? at : inZone(at, zone)));
    environment.registerFunction(`${STAMP}.${OWN}${name}(): int`, (at: Date) => read(at));
    environment.registerFunction(`${STAMP}.${OWN}${name}(string): int`, (at: Date, zone: string) => read(at, zone));
  };
  part('getDate', (at) => at.getUTCDate());
  part('getDayOfMonth', (at) => at.getUTCDate() - 1);
  part('getDayOfWeek', (at) => at.getUTCDay());
  part('getDayOfYear', (at) => Math.floor((at.getTime() - startOfYear(at)) / 86_400_000));
  part('getFullYear', (at) => at.getUTCFullYear());
  part('getMonth', (at) => at.getUTCMonth());
  part('getHours', (at) => at.getUTCHours());
  part('getMinutes', (at) => at.getUTCMinutes());
  part('getSeconds', (at) => at.getUTCSeconds());
  part('getMilliseconds', (at) => at.getUTCMilliseconds());
  const whole = (name: string, of: (duration: DurationValue) => bigint) =>
    environment.registerFunction(`${SPAN}.${OWN}${name}(): int`, of);
  whole('getHours', ({ seconds }) => seconds / 3600n);
  whole('getMinutes', ({ seconds }) => seconds / 60n);
  whole('getSeconds', ({ seconds }) => seconds);
  // of a duration the milliseconds beyond its seconds, not all of them
  whole('getMilliseconds', ({ nanos }) => BigInt(Math.trunc(nanos / 1_000_000)));
}

function startOfYear(at: Date): number {
  const first = new Date(0);
  first.setUTCFullYear(at.getUTCFullYear(), 0, 1);
  return first.getTime();
}

function timestamp(text: string): Date {
  const [, year, month, day, hour, minute, second, fraction = '', sign, zoneHour = '0', zoneMinute = '0'] =
    RFC3339.exec(text) ?? [];
  const wall = new Date(0);
  wall.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  wall.setUTCHours(Number(hour), Number(minute), Number(second), Math.trunc(Number(`0${fraction || '.0'}`) * 1000));
  const shown = [
    wall.getUTCMonth() + 1,
    wall.getUTCDate(),
    wall.getUTCHours(),
    wall.getUTCMinutes(),
    wall.getUTCSeconds(),
  ];
  const exists = [month, day, hour, minute, second].every((said, i) => said !== undefined && Number(said) === shown[i]);
  if (!exists)
    throw new Failure(
      `${JSON.stringify(text.slice(0, 60))} is not a timestamp as RFC 3339 writes it, such as 2026-12-01T09:30:00Z`,
    );
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000 * (sign === '-' ? -1 : 1);
  return inRange(wall.getTime() - offset);
}

function inRange(ms: number): Date {
  if (!(ms >= EARLIEST && ms <= LATEST)) throw new Failure('the timestamp is not within the years 1 to 9999');
  return new Date(ms);
}

function duration(text: string): DurationValue {
  const negative = text.startsWith('-');
  let rest = text.replace(/^[+-]/, '');
  const no = new Failure(`${JSON.stringify(text.slice(0, 60))} is not a duration such as 1h30m, 250ms or -1.5s`);
  if (rest === '0') return new Duration(0n, 0);
  let nanos = 0n;
  if (rest === '') throw no;
  while (rest !== '') {
    const [all = '', number = '', unit = ''] = PART.exec(rest) ?? [];
    if (all === '') throw no;
    const [whole = '', fraction = ''] = number.split('.');
    const each = NANOS[unit] ?? 0n;
    nanos += BigInt(whole || '0') * each;
    nanos += (BigInt(fraction.slice(0, 18).padEnd(18, '0')) * each) / 10n ** 18n;
    rest = rest.slice(all.length);
  }
  const signed = negative ? -nanos : nanos;
  return durationInRange(new Duration(signed / BILLION, Number(signed % BILLION)));
}

/** @throws Failure beyond some 10,000 years */
export function durationInRange(value: DurationValue): DurationValue {
  if (value.seconds > LONGEST || value.seconds < -LONGEST)
    throw new Failure('the duration is longer than 10,000 years');
  return value;
}

/** RFC 3339 without needless zeros, as CEL has it. @throws Failure outside the years 1 to 9999 */
export function stampText(at: Date): string {
  return inRange(at.getTime())
    .toISOString()
    .replace(/\.?0+Z$/, 'Z');
}

function durationText({ seconds, nanos }: DurationValue): string {
  const negative = seconds < 0n || nanos < 0;
  const fraction = String(Math.abs(nanos)).padStart(9, '0').replace(/0+$/, '');
  const whole = seconds < 0n ? -seconds : seconds;
  return `${negative ? '-' : ''}${whole}${fraction ? `.${fraction}` : ''}s`;
}

export function isDuration(value: unknown): value is DurationValue {
  return value instanceof Duration;
}

export { durationText };
