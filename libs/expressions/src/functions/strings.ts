import type { Environment } from '@marcbachmann/cel-js';
import { patternOf } from '../patterns.js';
import { OWN } from '../rewrite.js';
import { Failure } from './failure.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Text: `matches` on a linear-time engine, conversions, and of the strings extension
 * (https://github.com/google/cel-go/blob/master/ext/README.md#strings) `replace` and `charAt`.
 */
export function registerStrings(environment: Environment): void {
  const matches = (text: string, pattern: string) => patternOf(pattern).test(text);
  environment.registerFunction(`${OWN}matches(string, string): bool`, matches);
  environment.registerFunction(`string.${OWN}matches(string): bool`, matches);
  environment.registerFunction(`string.${OWN}lowerAscii(): string`, (text: string) =>
    text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()),
  );
  environment.registerFunction(`string.${OWN}upperAscii(): string`, (text: string) =>
    text.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase()),
  );
  environment.registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.split(from).join(to),
  );
  environment.registerFunction(
    'string.replace(string, string, int): string',
    (text: string, from: string, to: string, most: bigint) => replaced(text, from, to, Number(most)),
  );
  environment.registerFunction('string.charAt(int): string', charAt);
  environment.registerFunction(`${OWN}string(string): string`, (text: string) => text);
  environment.registerFunction(`${OWN}string(bool): string`, String);
  environment.registerFunction(`${OWN}string(int): string`, String);
  environment.registerFunction(`${OWN}string(uint): string`, String);
  environment.registerFunction(`${OWN}string(double): string`, doubleText);
  environment.registerFunction(`${OWN}string(bytes): string`, (bytes: Uint8Array) => {
    try {
      return UTF8.decode(bytes);
    } catch {
      throw new Failure('the bytes are not text in UTF-8');
    }
  });
}

function doubleText(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

function charAt(text: string, index: bigint): string {
  const characters = [...text];
  if (index < 0n || index > BigInt(characters.length))
    throw new Failure(`charAt(${index}): the text has ${characters.length} characters`);
  return characters[Number(index)] ?? '';
}

/** @param most how many are replaced, from the left; all when negative */
function replaced(text: string, from: string, to: string, most: number): string {
  if (most < 0) return text.split(from).join(to);
  const parts = text.split(from);
  const done = parts.slice(0, most + 1).join(to);
  return [done, ...parts.slice(most + 1)].join(from);
}
