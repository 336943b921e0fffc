import { type Shape, shapeOf } from './shape.js';

/** Hints in a property's own words at the form of its value: a date format, or an example. */

const PARTS: Record<string, string> = {
  YYYY: '\\d{4}',
  YY: '\\d{2}',
  MM: '\\d{2}',
  DD: '\\d{2}',
  HH: '\\d{2}',
  hh: '\\d{2}',
  mm: '\\d{2}',
  ss: '\\d{2}',
  SSS: '\\d{3}',
};
const FORMAT = /\b(?:YYYY|YY|MM|DD|HH|hh|mm|ss)(?:[-/.: T]{1,2}(?:YYYY|YY|MM|DD|HH|hh|mm|ss|SSS)\b)+/;

/** The pattern that a format such as `YYYY-MM-DD HH:mm:ss` in the words stands for. */
export function datePattern(words: string): RegExp | undefined {
  const format = FORMAT.exec(words)?.[0];
  if (format === undefined) return undefined;
  const source = format.replaceAll(/YYYY|YY|MM|DD|HH|hh|mm|SSS|ss|[/.]/g, (part) => PARTS[part] ?? `\\${part}`);
  return new RegExp(`^${source}$`);
}

/** The example in the words: `e.g. 2025-03-23 12:30:00`, `(e.g. Asia/Tokyo, America/New_York)`. */
export function example(words: string): string | undefined {
  const found = /(?:\be\.g\.|\bfor example|\bsuch as|\bexample:)[ :,]*["'`]?([^"'`,;)(\n]{2,60})/i.exec(words);
  return found?.[1]?.trim().replace(/\.$/, '');
}

const FORMATS: Record<string, readonly string[]> = {
  'date-time': ['date-time'],
  date: ['date'],
  time: ['time'],
  uri: ['url'],
  url: ['url'],
  email: ['email'],
  uuid: ['uuid'],
  ipv4: ['ip'],
  ipv6: ['ip'],
};

/**
 * Compares the form of values with what the words and the JSON Schema `format` ask for: 1 they are, 0 nothing is said,
 * -1 they are not.
 */
export function fitsHint(words: string, format: unknown, values: readonly string[], shape: Shape): -1 | 0 | 1 {
  const trimmed = values.map((value) => value.trim());
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format))
    return FORMATS[format]?.includes(shape.name) ? 1 : -1;
  const pattern = datePattern(words);
  if (pattern !== undefined) return trimmed.every((value) => pattern.test(value)) ? 1 : -1;
  const sample = example(words);
  if (sample === undefined) return 0;
  const wanted = shapeOf(sample).name;
  if (wanted === 'word' || wanted === 'text') return 0;
  return wanted === shape.name ? 1 : -1;
}
