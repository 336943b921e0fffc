import { terms } from '@vsmcp/vsm';

/**
 * The shape of a value: its form. A shape gives words to search tools with, and says whether a value can be wrong at
 * all: free text and code have no wrong form that could be made here, so a tool for them is not tried on input that
 * must fail.
 */

export interface Shape {
  name: string;
  /** Words that a tool for such a value is described with, the telling ones first. */
  words: string;
  /** Words around it. */
  around: string;
  test: (value: string) => boolean;
}

/** A value in a fixed notation is something to parse, convert, check or calculate with. */
const NOTATION = 'parse convert validate format calculate math';

const CRON_FIELD = /^(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(\/[0-9]+)?(,(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(\/[0-9]+)?)*$/;
function isCron(value: string): boolean {
  const fields = value.split(/[ \t]+/);
  return (
    (fields.length === 5 || fields.length === 6) &&
    fields.every((field) => CRON_FIELD.test(field)) &&
    fields.some((field) => /[*\d]/.test(field)) &&
    /[*/,-]/.test(value)
  );
}

function isIp(value: string): boolean {
  const [address, prefix] = value.split('/');
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return false;
  const parts = (address ?? '').split('.');
  if (parts.length === 4) return parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
  return /^[0-9a-f:]{3,39}$/i.test(address ?? '') && (address ?? '').split(':').length > 2;
}

function isJson(value: string): boolean {
  if (!/^[[{]/.test(value) || value.length > 65_536) return false;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

const by = (pattern: RegExp) => (value: string) => pattern.test(value);

/** The most telling first; a value has the first one that fits. */
const SHAPES: readonly Shape[] = [
  {
    name: 'date-time',
    words: 'date time datetime timestamp',
    around: 'clock timezone',
    test: by(/^\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|[+-]\d{2}:?\d{2}))?$/),
  },
  {
    name: 'date',
    words: 'date',
    around: 'day calendar time',
    test: by(/^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4})$/),
  },
  { name: 'time', words: 'time', around: 'clock hour', test: by(/^\d{1,2}:\d{2}(:\d{2})?( ?[AaPp][Mm])?$/) },
  {
    name: 'url',
    words: 'url uri link',
    around: 'web page fetch http',
    test: by(/^[a-z][a-z0-9+.-]{1,20}:\/\/[^\s]+$/i),
  },
  { name: 'email', words: 'email mail address', around: 'contact', test: by(/^[^\s@]+@[^\s@]+\.[^\s@]+$/) },
  { name: 'uuid', words: 'uuid guid', around: 'identifier', test: by(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i) },
  { name: 'ip', words: 'ip address cidr', around: 'network host', test: isIp },
  { name: 'semver', words: 'semver version', around: 'release', test: by(/^v?\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/) },
  {
    name: 'color',
    words: 'color colour hex',
    around: 'rgb hsl',
    test: by(/^(#[0-9a-f]{3,4}|#[0-9a-f]{6}|#[0-9a-f]{8}|(rgb|hsl)a?\([^)]*\))$/i),
  },
  {
    name: 'jwt',
    words: 'jwt token',
    around: 'decode header payload signature',
    test: by(/^ey[\w-]+\.[\w-]+\.[\w-]*$/),
  },
  { name: 'cron', words: 'cron schedule expression', around: 'date time job', test: isCron },
  { name: 'number', words: 'number value', around: 'math unit', test: by(/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/) },
  {
    name: 'formula',
    words: 'math expression evaluate',
    around: 'calculate arithmetic',
    test: by(/^(?=.*\d)(?=.*[+*/^%-])[\d\s+*/^%().,-]+$/),
  },
  {
    name: 'hash',
    words: 'hash commit digest checksum',
    around: 'sha reference object',
    test: by(/^[0-9a-f]{32,128}$/i),
  },
  { name: 'json', words: 'json', around: 'object', test: isJson },
  {
    name: 'xml',
    words: 'xml html markup',
    around: 'document',
    test: (v) => v.length < 65_536 && /^<[a-z?!][\s\S]*>$/i.test(v),
  },
  {
    name: 'path',
    words: 'path file directory',
    around: 'filesystem repository',
    test: by(/^(~|\.{1,2})?\/?[\w.@-]+(\/[\w.@ -]+)+$|^\/[\w.@ -]*$/),
  },
];

const WORD: Shape = { name: 'word', words: 'name word', around: '', test: () => true };
const TEXT: Shape = { name: 'text', words: 'text', around: 'content language', test: () => true };

/** The shape of a value; outer white space does not count. */
export function shapeOf(value: string): Shape {
  const bare = value.trim();
  const found = bare.length > 65_536 ? undefined : SHAPES.find((shape) => shape.test(bare));
  return found ?? (/^[\p{L}\p{N}_.-]+$/u.test(bare) ? WORD : TEXT);
}

/** The shape that all of the values have, or that of free text. */
export function commonShape(values: readonly string[]): Shape {
  const shapes = values.map(shapeOf);
  const first = shapes[0];
  return first !== undefined && shapes.every((shape) => shape.name === first.name) ? first : TEXT;
}

/** True when a value of this shape is in a notation that something can be wrong in. */
export function hasNotation(shape: Shape): boolean {
  return shape !== TEXT && shape !== WORD && shape.name !== 'path';
}

/** Words of what one does with such a value whatever it is. */
export function notationWords(shape: Shape): string {
  return hasNotation(shape) && shape.name !== 'hash' && shape.name !== 'uuid' ? NOTATION : '';
}

/** Words that name one notation and no other. */
const OWN = new Map(
  SHAPES.flatMap((shape) => {
    const own = shape.name === 'formula' ? 'math' : shape.name;
    return ['url', 'email', 'uuid', 'ip', 'semver', 'color', 'jwt', 'cron', 'math', 'json', 'xml'].includes(own)
      ? [[own, shape] as const]
      : [];
  }),
);

/** True when words speak of another notation than this shape's: a date is not a cron expression. */
export function speaksOfAnother(words: ReadonlySet<string>, shape: Shape): boolean {
  const mine = new Set(terms(`${shape.words} ${shape.around}`));
  if ([...mine].some((word) => words.has(word) && OWN.has(word))) return false;
  return [...OWN.keys()].some((own) => words.has(own) && !mine.has(own));
}

/** Extensions of source code: what a file is, whatever its text looks like. */
const CODE = new Set(
  'js mjs cjs ts tsx jsx py rb pl php go lua sh bash ps1 bat r scala swift jl clj cs fs vb dart hs nim lisp java kt c cpp rs'.split(
    ' ',
  ),
);

export function isCode(type: string): boolean {
  return CODE.has(type.slice(type.lastIndexOf('.') + 1));
}
