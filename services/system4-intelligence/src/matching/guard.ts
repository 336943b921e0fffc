import { patternOf } from '@vsmcp/expressions';
import { celOf, literal } from './fields.js';

/**
 * Guards: a condition over an event that its samples fulfil and spoiled input does not, for a tool that answers
 * nonsense with nonsense instead of an error. It is generalised from the form of the samples: a digit stands for any
 * digit, a run of letters for any letters, everything else for itself.
 */

interface Token {
  kind: 'digits' | 'letters' | 'hex' | 'mixed' | 'space' | 'mark';
  text: string;
}

/** Longer samples than this have no form that a pattern could tell, in UTF-16 units. */
const LONGEST = 512;

function tokens(value: string): Token[] {
  return [...value.matchAll(/[A-Za-z0-9]+|\s+|[^A-Za-z0-9\s]/gu)].map(([text]) => ({ kind: kindOf(text), text }));
}

function kindOf(text: string): Token['kind'] {
  if (/^[0-9]+$/.test(text)) return 'digits';
  if (/^[A-Za-z]+$/.test(text)) return 'letters';
  if (/^[0-9a-f]{6,}$/.test(text)) return 'hex';
  if (/^[A-Za-z0-9]+$/.test(text)) return 'mixed';
  return /^\s+$/.test(text) ? 'space' : 'mark';
}

const CLASS = { digits: '[0-9]', letters: '[A-Za-z]', hex: '[0-9a-f]', mixed: '[A-Za-z0-9]' } as const;

function piece(alike: readonly Token[]): string {
  const { kind, text } = alike[0] ?? { kind: 'mark', text: '' };
  if (kind === 'space') return '\\s+';
  if (kind === 'mark') return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  if (kind === 'letters' || kind === 'mixed') return `${CLASS[kind]}+`;
  const lengths = alike.map((token) => token.text.length);
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
  return `${CLASS[kind]}${most === 1 ? '' : least === most ? `{${most}}` : `{${least},${most}}`}`;
}

/** A regular expression (without anchors) for all of the values; alternatives where their forms differ. */
function pattern(values: readonly string[]): string {
  const forms = new Map<string, Token[][]>();
  for (const value of values) {
    const found = tokens(value);
    const form = found.map((token) => (token.kind === 'mark' ? token.text : token.kind)).join('\u0000');
    forms.set(form, [...(forms.get(form) ?? []), found]);
  }
  const alternatives = [...forms.values()].map((alike) =>
    (alike[0] ?? []).map((_, i) => piece(alike.flatMap((one) => one[i] ?? []))).join(''),
  );
  return alternatives.length === 1 ? (alternatives[0] ?? '') : `(${alternatives.join('|')})`;
}

export interface Guard {
  /** CEL over `data`. */
  cel: string;
  /** True when it holds for a value of the field. */
  holds: (value: string) => boolean;
}

/**
 * A guard on one string field, or none when no pattern accepts all samples and refuses all spoiled ones.
 * White space around the value, such as the newline at the end of a file, is tolerated.
 */
export function guardOf(
  path: readonly string[],
  samples: readonly string[],
  spoiled: readonly string[],
): Guard | undefined {
  const bare = samples.map((sample) => sample.trim());
  if (bare.length === 0 || bare.some((value) => value === '' || value.length > LONGEST)) return undefined;
  const source = `^\\s*${pattern(bare)}\\s*$`;
  const compiled = patternOf(source);
  const holds = (value: string) => compiled.test(value);
  if (!samples.every(holds) || spoiled.some(holds)) return undefined;
  return { cel: `${celOf(path)}.matches(${literal(source)})`, holds };
}
