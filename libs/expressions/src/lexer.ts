import { VsmError } from '@vsmcp/vsm';

/**
 * The tokens of a CEL text, as the language definition's lexical grammar has them
 * (https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax). The library's own lexer is not exported; what
 * is rewritten before it sees a text (`rewrite.ts`) must know where a string begins and ends.
 */
export interface Token {
  kind: 'name' | 'quoted' | 'number' | 'string' | 'bytes' | 'mark';
  text: string;
  /** Offsets into the expression; `end` is the first one behind it. */
  start: number;
  end: number;
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /0[xX][0-9A-Fa-f]+[uU]?|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?/y;
const ESCAPED =
  /(?:"""(?:(?!""")(?:\\[\s\S]|[^\\]))*"""|'''(?:(?!''')(?:\\[\s\S]|[^\\]))*'''|"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*')/y;
const RAW = /[rR](?:"""(?:(?!""")[\s\S])*"""|'''(?:(?!''')[\s\S])*'''|"[^"\r\n]*"|'[^'\r\n]*')/y;
const QUOTED = /`[A-Za-z0-9_.\-/ ]+`/y;
const SPACE = /(?:[\t\n\f\r ]|\/\/[^\n]*)+/y;
const MARK = /==|!=|<=|>=|&&|\|\||\[\?|\.\?|[-+*/%!<>?:.,()[\]{}=&|]/y;

/** @throws VSM_CONFIG at a character that begins no token */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp, from: number): number => {
    pattern.lastIndex = from;
    return pattern.test(text) ? pattern.lastIndex : -1;
  };
  while (at < text.length) {
    const behind = take(SPACE, at);
    if (behind > 0) {
      at = behind;
      continue;
    }
    const kind = kindAt(text, at, take);
    if (kind === undefined)
      throw new VsmError('VSM_CONFIG', `unexpected ${text.slice(at, at + 1)} at character ${at + 1}`);
    tokens.push({ kind: kind.kind, text: text.slice(at, kind.end), start: at, end: kind.end });
    at = kind.end;
  }
  return tokens;
}

function kindAt(
  text: string,
  at: number,
  take: (pattern: RegExp, from: number) => number,
): { kind: Token['kind']; end: number } | undefined {
  const prefix = /^[bB]/.test(text[at] ?? '') ? 1 : 0;
  const raw = take(RAW, at + prefix);
  const string = raw > 0 ? raw : take(ESCAPED, at + prefix);
  if (string > 0) return { kind: prefix > 0 ? 'bytes' : 'string', end: string };
  for (const [kind, pattern] of [
    ['quoted', QUOTED],
    ['name', NAME],
    ['number', NUMBER],
    ['mark', MARK],
  ] as const) {
    const end = take(pattern, at);
    if (end > 0) return { kind, end };
  }
  // `rb"…"` is one prefix in some dialects, and no CEL
  return undefined;
}
