import { z } from 'zod';
import { nearest } from './nearest.js';

/** One thing that is wrong, and where. */
export interface Problem {
  path: readonly PropertyKey[];
  message: string;
}

type Issue = z.core.$ZodIssue;

/** The issues of a schema in words, one a key: what was got, what was expected, what was perhaps meant. */
export function problemsOf(issues: readonly Issue[], input: unknown, schema: z.ZodType): Problem[] {
  return issues.flatMap((issue) => problemOf(issue, input, schema));
}

function problemOf(issue: Issue, input: unknown, schema: z.ZodType): Problem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, keysAt(schema, path, input)) }));
  }
  const value = at(input, path);
  if (issue.code === 'invalid_union') return bestBranch(issue, input, schema);
  if (issue.code === 'invalid_key') {
    const name = String(path.at(-1));
    return [{ path, message: `got '${name}' as a name, expected ${issue.issues[0]?.message ?? 'another'}` }];
  }
  return [{ path, message: `${value === undefined ? 'missing' : `got ${shown(value)}`}, expected ${expected(issue)}` }];
}

/** Of a union the branch that came nearest: the one whose complaint lies deepest, or with the fewest complaints. */
function bestBranch(issue: Extract<Issue, { code: 'invalid_union' }>, input: unknown, schema: z.ZodType): Problem[] {
  const depth = (issues: readonly Issue[]) => Math.max(0, ...issues.map((i) => i.path.length));
  const isObject = typeof at(input, issue.path) === 'object';
  const branches = issue.errors.filter((e) => e.length > 0);
  const fitting = branches.filter((e) => isObject && e.every((i) => i.code !== 'invalid_type' || i.path.length > 0));
  const [best] = fitting.sort((a, b) => depth(b) - depth(a) || a.length - b.length);
  if (!best) {
    const options = [...new Set(branches.map((e) => (e[0] ? expected(e[0]) : 'something else')))];
    return [{ path: issue.path, message: `got ${shown(at(input, issue.path))}, expected ${options.join(' or ')}` }];
  }
  return best.flatMap((inner) => problemOf({ ...inner, path: [...issue.path, ...inner.path] }, input, schema));
}

function expected(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'record' || issue.expected === 'object'
        ? 'a mapping (key: value)'
        : `a ${issue.expected}`;
    case 'invalid_value':
      return issue.values.map((v) => `'${String(v)}'`).join(' or ');
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${issue.origin === 'string' ? ' characters' : ''}`;
    case 'too_big':
      return `at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`;
    case 'invalid_union':
      return [...new Set(issue.errors.flatMap((e) => (e[0] ? [expected(e[0])] : [])))].join(' or ');
    default:
      return issue.message;
  }
}

export function at(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}

export function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  // without what would do something to a terminal
  const text = typeof value === 'string' ? `'${value.replaceAll(/\p{C}/gu, '�')}'` : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…'` : text;
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  const hint = meant ? `did you mean '${meant}'?` : `known: ${known.join(', ')}`;
  return `got an unknown key, expected one that exists; ${hint}`;
}

/** The keys that the schema knows at a place; of a union those of the branch with the most in common with the input. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[], input: unknown): string[] {
  const [head, ...rest] = path;
  const inner = unwrap(schema);
  if (inner instanceof z.ZodUnion) {
    const given = typeof input === 'object' && input !== null ? Object.keys(input) : [];
    const shared = (option: z.ZodType) => keysAt(option, [], input).filter((key) => given.includes(key)).length;
    const options = inner.options.filter((option) => option instanceof z.ZodType);
    const [best] = options.sort((a, b) => shared(b) - shared(a));
    return keysIn(best, path, input);
  }
  if (head === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  const value = at(input, [head]);
  if (inner instanceof z.ZodObject) return keysIn(inner.shape[String(head)], rest, value);
  if (inner instanceof z.ZodRecord) return keysIn(inner.valueType, rest, value);
  if (inner instanceof z.ZodArray) return keysIn(inner.element, rest, value);
  return [];
}

function keysIn(schema: unknown, path: readonly PropertyKey[], input: unknown): string[] {
  return schema instanceof z.ZodType ? keysAt(schema, path, input) : [];
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    const inner = schema.unwrap();
    return inner instanceof z.ZodType ? unwrap(inner) : schema;
  }
  if (schema instanceof z.ZodPipe && schema.in instanceof z.ZodType) return unwrap(schema.in);
  return schema;
}
