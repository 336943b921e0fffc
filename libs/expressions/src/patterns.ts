import { reasonOf, VsmError } from '@vsmcp/vsm';
import { RE2JS } from 're2js';
import { GenerationalMemo } from './generational-memo.js';

/**
 * Patterns with the syntax and meaning of RE2 (https://github.com/google/re2/wiki/Syntax), which CEL names as its own.
 * An RE2 engine takes time linear in the text; JavaScript's own backtracks, so that a text from outside could make one
 * pattern last for ever.
 */
export interface Pattern {
  /** @returns true where the pattern is found anywhere in the text */
  test(text: string): boolean;
}

/** Characters of patterns that stay compiled, of all expressions together. A compiled one takes some 10 KB. */
const MOST_COMPILED = 20_000;

const compiled = new GenerationalMemo((source: string): Pattern => {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    throw new VsmError(
      'VSM_CONFIG',
      `the pattern ${source.slice(0, 200)} does not compile as RE2 reads it: ${reasonOf(error)}`,
      {
        cause: error,
      },
    );
  }
}, MOST_COMPILED);

/** The pattern asked for last: one expression asks for the same again and again. */
let last: { source: string; pattern: Pattern } | undefined;

/** The pattern, compiled, kept while it is in use. @throws VSM_CONFIG naming the pattern that does not compile */
export function patternOf(source: string): Pattern {
  if (last?.source === source) return last.pattern;
  const pattern = compiled.of(source);
  last = { source, pattern };
  return pattern;
}
