import { commonShape, type Shape } from './shape.js';

/** One leaf of an event's data, as the samples show it. */
export interface Field {
  path: readonly string[];
  kind: 'string' | 'number' | 'boolean' | 'strings';
  /** Its value in each sample. */
  values: readonly unknown[];
  /** Of strings: what all of them look like. */
  shape?: Shape;
  /** It carries what the event is about, by its name: the text of a file, the body of a message. */
  content: boolean;
}

const CONTENT = new Set(['', 'text', 'content', 'body', 'message', 'value', 'input', 'data', 'payload']);
const DEEPEST = 3;
const MOST_FIELDS = 40;
/** Values longer than this are not handed to a tool nobody knows: bytes-ish, in UTF-16 units. */
const LONGEST = 65_536;

/** The value at a path, or undefined. Own properties only: names come from strangers. */
export function valueAt(data: unknown, path: readonly string[]): unknown {
  let at: unknown = data;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined;
    at = Object.getOwnPropertyDescriptor(at, key)?.value;
  }
  return at;
}

/** The leaves that every sample has, with one kind in all of them. */
export function fieldsOf(samples: readonly unknown[]): Field[] {
  const first = samples[0];
  if (samples.length === 0) return [];
  const fields: Field[] = [];
  for (const path of leaves(first, [], [])) {
    const values = samples.map((sample) => valueAt(sample, path));
    const kind = kindOf(values[0]);
    if (kind === undefined || !values.every((value) => kindOf(value) === kind)) continue;
    const strings = values.filter((value) => typeof value === 'string');
    if (strings.some((value) => value.length > LONGEST)) continue;
    const field: Field = { path, kind, values, content: CONTENT.has(path.at(-1)?.toLowerCase() ?? '') };
    if (kind === 'string') field.shape = commonShape(strings);
    fields.push(field);
  }
  return fields;
}

/**
 * The samples that are like most of them: one vague deadline among ten dates must not hide what a deadline looks like.
 * Of two kinds that are equally many, the one in a notation, then the first.
 */
export function typical(samples: readonly unknown[]): unknown[] {
  const kinds = new Map<string, unknown[]>();
  const weight = (name: string, alike: readonly unknown[]) => alike.length + (/^(text|word)?$/.test(name) ? 0 : 0.5);
  for (const sample of samples) {
    const content = fieldsOf([sample]).find((field) => field.content && field.kind === 'string');
    const name = content?.shape?.name ?? '';
    kinds.set(name, [...(kinds.get(name) ?? []), sample]);
  }
  const [most] = [...kinds].sort(([a, x], [b, y]) => weight(b, y) - weight(a, x));
  return most?.[1] ?? [];
}

function leaves(value: unknown, path: readonly string[], found: string[][]): string[][] {
  if (found.length >= MOST_FIELDS) return found;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    if (path.length < DEEPEST)
      for (const key of Object.keys(value)) leaves(valueAt(value, [key]), [...path, key], found);
  } else found.push([...path]);
  return found;
}

function kindOf(value: unknown): Field['kind'] | undefined {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isFinite(value) ? 'number' : undefined;
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')) return 'strings';
  return undefined;
}

/** CEL for a field: `data.text`, `data["x y"].z`. */
export function celOf(path: readonly string[]): string {
  return `data${path.map((key) => (isName(key) ? `.${key}` : `[${literal(key)}]`)).join('')}`;
}

/** CEL's reserved words cannot follow a dot. */
const RESERVED = new Set(
  'as break const continue else false for function if import in let loop package namespace null return true var void while'.split(
    ' ',
  ),
);
function isName(key: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && !RESERVED.has(key);
}

/** A CEL string literal. Lone surrogates, which CEL cannot write, become U+FFFD. */
export function literal(text: string): string {
  return JSON.stringify(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
}
