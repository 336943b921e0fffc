import { terms, type WeightedTerms } from '@vsmcp/vsm';
import type { Field } from './fields.js';
import { celOf } from './fields.js';
import { fitsHint } from './hints.js';
import { keepsLimits, type Parameter } from './schema.js';
import { hasNotation, speaksOfAnother } from './shape.js';

/**
 * How one parameter of a tool gets its value from an event: as CEL for the response, and the values that gives for the
 * samples.
 */
export interface Binding {
  parameter: string;
  /** As it stands in `with`. */
  cel: unknown;
  /** Per sample. */
  values: readonly unknown[];
  /** The field it comes from; none for a constant. */
  field?: Field;
  score: number;
}

/** The score that a binding needs: a parameter that may be left out needs better grounds. */
export const ENOUGH = { required: 1.5, optional: 3 } as const;

const CONTENT_NAMES = new Set(
  terms('text input content expression value string query body data source message markdown'),
);
const PATH_WORDS = new Set(terms('path file filename directory repository cwd workdir folder'));

/** The best binding for a parameter, or none that is good enough. */
export function bind(
  parameter: Parameter,
  fields: readonly Field[],
  query: WeightedTerms,
  code: boolean,
): Binding | undefined {
  const fixed = constant(parameter, query, fields[0]?.values.length ?? 1);
  if (fixed !== undefined) return fixed;
  let best: Binding | undefined;
  for (const field of fields) {
    const made = converted(parameter, field);
    if (made === undefined) continue;
    const score = affinity(parameter, field, code);
    if (score > (best?.score ?? 0)) best = { parameter: parameter.name, ...made, field, score };
  }
  return best !== undefined && best.score >= ENOUGH[parameter.required ? 'required' : 'optional'] ? best : undefined;
}

/**
 * A value that the parameter's declaration and the event's type fix: a `const`, a word of the type among the choices, a
 * default.
 */
function constant(parameter: Parameter, query: WeightedTerms, samples: number): Binding | undefined {
  const fixed = (value: unknown): Binding => ({
    parameter: parameter.name,
    cel: value,
    values: Array.from({ length: samples }, () => value),
    score: 1.5,
  });
  if (parameter.const !== undefined) return parameter.required ? fixed(parameter.const) : undefined;
  if (parameter.enum !== undefined) {
    const weight = (choice: unknown) =>
      typeof choice === 'string' && !choice.startsWith('=')
        ? Math.max(0, ...terms(choice).map((t) => query.get(t) ?? 0))
        : 0;
    const choice = [...parameter.enum].sort((a, b) => weight(b) - weight(a))[0];
    if (weight(choice) >= 2) return fixed(choice);
  }
  return parameter.required && parameter.default !== undefined ? fixed(parameter.default) : undefined;
}

/** The field as a value of the parameter's type, if it can be one within its limits. */
function converted(parameter: Parameter, field: Field): Pick<Binding, 'cel' | 'values'> | undefined {
  const cel = celOf(field.path);
  const takes = (type: string) => parameter.types.includes(type);
  if (field.kind === 'string') {
    const strings = field.values.map(String);
    if (takes('string')) {
      const bare = field.shape !== undefined && hasNotation(field.shape) && strings.some((v) => v.trim() !== v);
      const values = bare ? strings.map((value) => value.trim()) : strings;
      if (!values.every((value) => value !== '' && keepsLimits(value, parameter))) return undefined;
      return { cel: bare ? `=${cel}.trim()` : `=${cel}`, values };
    }
    if ((takes('number') || takes('integer')) && field.shape?.name === 'number')
      return inRange(parameter, `=double(${cel}.trim())`, strings.map(Number));
    if (takes('array') && (parameter.items === undefined || parameter.items.type === 'string'))
      return { cel: `=[${cel}]`, values: strings.map((value) => [value]) };
    return undefined;
  }
  if (field.kind === 'number') {
    const numbers = field.values.map(Number);
    if (takes('number') || takes('integer')) return inRange(parameter, `=${cel}`, numbers);
    return takes('string') ? { cel: `=string(${cel})`, values: numbers.map(String) } : undefined;
  }
  if (field.kind === 'boolean') return takes('boolean') ? { cel: `=${cel}`, values: field.values } : undefined;
  return takes('array') && parameter.items?.type !== 'object' ? { cel: `=${cel}`, values: field.values } : undefined;
}

function inRange(parameter: Parameter, cel: string, values: number[]): Pick<Binding, 'cel' | 'values'> | undefined {
  const whole = parameter.types.includes('integer') && !parameter.types.includes('number');
  const ok = values.every(
    (value) =>
      value >= (parameter.minimum ?? -Infinity) &&
      value <= (parameter.maximum ?? Infinity) &&
      (!whole || Number.isInteger(value)),
  );
  return ok ? { cel, values } : undefined;
}

/** How much speaks for this field in this parameter: names, words, forms. Below zero: something speaks against it. */
function affinity(parameter: Parameter, field: Field, code: boolean): number {
  const name = terms(parameter.name);
  const words = new Set([...name, ...terms(parameter.words)]);
  const called = terms(field.path.at(-1) ?? '');
  let score = 0;
  if (called.length > 0 && called.join(' ') === name.join(' ')) score += 3;
  else if (called.some((term) => name.includes(term))) score += 2;
  else if (called.some((term) => words.has(term))) score += 1.5;
  if (field.content && !code) score += name.some((term) => CONTENT_NAMES.has(term)) ? 1.5 : 0;
  if (field.content && code && name.includes('cod')) score += 3;
  if (field.kind !== 'string' || field.shape === undefined) return score;

  const hint = fitsHint(parameter.words, parameter.format, field.values.map(String), field.shape);
  if (hint < 0) return -1;
  score += 3 * hint;
  const path = field.shape.name === 'path';
  const wantsPath = words.size > 0 && name.some((term) => PATH_WORDS.has(term));
  if (path !== wantsPath && (path || wantsPath)) return path || !field.content ? score - 3 : -1;
  if (path && wantsPath) return score + 2;
  if (!hasNotation(field.shape)) return score;
  if (speaksOfAnother(words, field.shape)) return -1;
  const telling = terms(field.shape.words).filter((term) => words.has(term));
  return telling.length > 0 ? score + 2 : score;
}
