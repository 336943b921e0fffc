import { VsmError } from './errors.js';
import { MAX_JSON_DEPTH } from './event.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Text out of bytes that someone else wrote. Throws VSM_EVENT when they are not UTF-8. */
export function readText(content: Uint8Array): string {
  try {
    return UTF8.decode(content);
  } catch {
    throw new VsmError('VSM_EVENT', 'the content is not valid UTF-8');
  }
}

/**
 * JSON out of bytes that someone else wrote: whoever walks it later can recurse. Throws VSM_EVENT with what is wrong.
 */
export function readJson(content: Uint8Array): unknown {
  const text = readText(content);
  if (isDeeperThan(text, MAX_JSON_DEPTH)) {
    throw new VsmError('VSM_EVENT', `the JSON is nested deeper than ${MAX_JSON_DEPTH}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new VsmError('VSM_EVENT', `the content is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Brackets and braces differ in this bit only, so that with it set there are two to look for instead of four. */
const BRACE = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Counts brackets outside of strings, without recursion: cheaper than parsing and safe on any text. */
export function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i);
      if (i < 0) return false;
    } else if ((code | BRACE) === OPEN) {
      if (++depth > limit) return true;
    } else if ((code | BRACE) === CLOSE) depth--;
  }
  return false;
}

/** End of the string that begins at `from`; -1 when it has none. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}
