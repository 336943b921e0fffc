import { hash } from 'node:crypto';

/**
 * PostgreSQL's text takes neither NUL nor half a surrogate pair, but an id from outside may hold them: they are written
 * as U+E000 and four hex digits, and U+E000 itself likewise, so that nothing is lost and nothing collides.
 */
export function toText(value: string): string {
  return value.replaceAll(/[\0\uE000\p{Cs}]/gu, (c) => `\uE000${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function fromText(text: string): string {
  return text.replaceAll(/\uE000([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The ledger's key: fixed in length, because an index entry must be short and an id may be long. */
export function keyOf(source: string, id: string): string {
  return hash('sha256', `${source.length}:${toText(source)}${toText(id)}`, 'base64url');
}

export function textOrNull(value: string | undefined): string | null {
  return value === undefined ? null : toText(value);
}
