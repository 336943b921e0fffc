import { stripVTControlCharacters } from 'node:util';

/**
 * Control, format (zero width, bidi, tags), private and lone surrogate code points, and what Unicode calls ignorable.
 */
const HIDDEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Text from outside, fit to be shown: without terminal sequences, control characters (newline and tab stay) and
 * invisible Unicode, in which instructions can be hidden.
 * @param most characters kept; the rest is replaced by `…`
 */
export function cleanText(text: string, most = 10_000): string {
  const clean = stripVTControlCharacters(text.slice(0, 4 * most)).replace(HIDDEN, '');
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
}
