import { VsmError } from '@vsmcp/vsm';
import { type Token, tokensOf } from './lexer.js';

/**
 * The text that the library is given instead of the one that was written. The library cannot have its own functions
 * replaced, and some of them are wrong (`int("")` is 0, 30 February is 1 March, `matches` backtracks); so calls of
 * these are calls of ours under other names, and syntax that it does not read is put in the form that it does.
 * docs/expressions.md lists what this mends.
 */

/** Beginning of the names of our functions; no expression may use it. */
export const OWN = 'vsm_';

/** Functions and methods that ours stand for, as they are written. */
const FUNCTIONS = new Set(['int', 'uint', 'double', 'string', 'timestamp', 'duration', 'matches']);
const METHODS = new Set([
  ...['matches', 'lowerAscii', 'upperAscii'],
  ...['getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear', 'getFullYear', 'getMonth'],
  ...['getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'],
]);

export interface Edit {
  start: number;
  end: number;
  text: string;
}

/** @param edits that do not overlap, in any order; of two at one place the first stays in front */
export function edited(text: string, edits: readonly Edit[]): string {
  let made = '';
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    made += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return made + text.slice(at);
}

/**
 * Whatever may have to be rewritten has one of these in it; reading the tokens of all expressions would double the time
 * to compile.
 */
const HINT =
  /\b(?:int|uint|double|string|timestamp|duration|matches)\s*\(|\.\s*get[A-Z]|Ascii|`|\[\s*\]|(?<![\w"'])[bBrR]{1,2}["']|(?:^|[^\w)\]])\.\d|vsm_|\/\//;

/** @throws VSM_CONFIG where a token is none, or a name is reserved */
export function rewritten(text: string): string {
  if (!HINT.test(text)) return text;
  const tokens = tokensOf(text);
  const edits = tokens.flatMap((token, i) => {
    const now = replacement(token, tokens[i - 1], tokens[i + 1]);
    return now === undefined ? [] : [{ start: token.start, end: token.end, text: now }];
  });
  return edited(text, [...edits, ...quotedFields(tokens)]);
}

function replacement(token: Token, before: Token | undefined, after: Token | undefined): string | undefined {
  const { kind, text } = token;
  if (kind === 'name') {
    if (text.startsWith(OWN)) throw new VsmError('VSM_CONFIG', `names that begin with ${OWN} are not for expressions`);
    if (after?.text !== '(') return undefined;
    return (isDot(before) ? METHODS : FUNCTIONS).has(text) ? OWN + text : undefined;
  }
  if (kind === 'number') return text.startsWith('.') ? `0${text}` : undefined;
  if (kind === 'bytes') return bytesLiteral(text);
  if (kind === 'string') return rawString(text);
  // of an empty list nothing says what it has in it: the library's type check fails over `[].all(e, e > 0)`
  if (text === '[' && after?.text === ']') return 'dyn([';
  if (text === ']' && before?.text === '[') return '])';
  return undefined;
}

function isDot(token: Token | undefined): boolean {
  return token?.text === '.' || token?.text === '.?';
}

/** ``x.`a-b` `` is `x["a-b"]`, and in has() `"a-b" in x`, which `has(x["a-b"])` cannot say. */
function quotedFields(tokens: readonly Token[]): Edit[] {
  return tokens.flatMap((token, i): Edit[] => {
    const dot = tokens[i - 1];
    if (token.kind !== 'quoted') return [];
    if (dot?.text !== '.')
      throw new VsmError('VSM_CONFIG', `${token.text} may only stand behind a dot, as in data.${token.text}`);
    const name = JSON.stringify(token.text.slice(1, -1));
    const opened = tokens[i + 1]?.text === ')' ? openingOf(tokens, i + 1) : -1;
    if (opened < 1 || tokens[opened - 1]?.text !== 'has' || isDot(tokens[opened - 2]))
      return [{ start: dot.start, end: token.end, text: `[${name}]` }];
    const has = tokens[opened - 1] as Token;
    const from = (tokens[opened] as Token).end;
    return [
      { start: has.start, end: from, text: `(${name} in (` },
      { start: dot.start, end: token.end, text: ')' },
    ];
  });
}

/** @returns index of the parenthesis that the one at `closing` closes, -1 without one */
function openingOf(tokens: readonly Token[], closing: number): number {
  let depth = 0;
  for (let i = closing; i >= 0; i--) {
    if (tokens[i]?.text === ')') depth++;
    else if (tokens[i]?.text === '(' && --depth === 0) return i;
  }
  return -1;
}

/** In a raw string a backslash before a quotation mark is a backslash; the library takes the mark for escaped. */
function rawString(text: string): string | undefined {
  if (!/^[rR]/.test(text) || !/\\["']/.test(text)) return undefined;
  const marks = /^("""|'''|"|')/.exec(text.slice(1))?.[0].length ?? 1;
  return JSON.stringify(text.slice(1 + marks, -marks));
}

/**
 * A literal of bytes whose characters beyond ASCII are UTF-8 bytes, and raw ones without a prefix that the library does
 * not read.
 */
function bytesLiteral(text: string): string | undefined {
  const raw = /^[bB][rR]/.test(text);
  if (!raw && /^[\x20-\x7e\s]*$/.test(text)) return undefined;
  const quoted = text.slice(raw ? 2 : 1);
  const marks = /^("""|'''|"|')/.exec(quoted)?.[0].length ?? 1;
  const body = quoted.slice(marks, -marks);
  const bytes = Buffer.from(raw ? body : body.replaceAll(/[^\p{ASCII}]+/gu, octal), 'utf8');
  return raw ? `b"${[...bytes].map(octalOf).join('')}"` : `b${quoted.slice(0, marks)}${bytes}${quoted.slice(-marks)}`;
}

function octal(characters: string): string {
  return [...Buffer.from(characters, 'utf8')].map(octalOf).join('');
}

function octalOf(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`;
}
