import { z } from 'zod';
import { reasonOf, VsmError } from './errors.js';
import { CloudEvent, MAX_BATCH_EVENTS, MAX_JSON_DEPTH } from './event.js';
import { isKey } from './keys.js';

/** The content type of a message that carries many events of one type by columns, in MessagePack. */
export const FRAME = 'application/vnd.vsmcp.frame';
/** Data with more different fields than this are not told by columns. */
const MOST_FIELDS = 256;

/**
 * Many events of one type by columns, as it travels. A column has a value for each event, in their order. `time` is in ms since the
 * Unix epoch where that says all, else RFC 3339. Data that are objects are told by `fields` and `columns` (undefined: not there), all
 * others whole in `data`. What else an event says of itself is in `attributes`.
 */
export interface Frame {
  v: 1;
  type: string;
  id: string[];
  /** One for all, or one each. */
  source: string | string[];
  time?: (number | string | undefined)[];
  attributes?: Record<string, unknown[]>;
  fields?: string[];
  columns?: unknown[][];
  data?: unknown[];
}

const Frame = z.object({
  v: z.literal(1, { error: 'this version knows frames of version 1' }),
  type: z.string().refine(isKey, { error: 'no event type' }),
  id: z.array(z.unknown()).min(1).max(MAX_BATCH_EVENTS),
  source: z.union([z.string(), z.array(z.unknown())]),
  time: z.array(z.unknown()).optional(),
  attributes: z.record(z.string().regex(/^[a-z0-9]{1,64}$/), z.array(z.unknown())).optional(),
  fields: z.array(z.string()).max(MOST_FIELDS).optional(),
  columns: z.array(z.array(z.unknown())).optional(),
  data: z.array(z.unknown()).optional(),
});

/** An event of a frame, or why there is none and what there is instead. */
export type Framed = { ok: true; event: CloudEvent } | { ok: false; reason: string; found: unknown };

const CORE = new Set(['specversion', 'id', 'source', 'type', 'time', 'data', 'datacontenttype']);
const JSON_DATA = 'application/json';

/** The columns of events. @throws VSM_EVENT when there are none, too many, or they are not of one type */
export function frameOf(events: readonly CloudEvent[]): Frame {
  const [first] = events;
  if (first === undefined || events.length > MAX_BATCH_EVENTS) {
    throw bad(`a frame has from 1 to ${MAX_BATCH_EVENTS} events, not ${events.length}`);
  }
  const other = events.find(({ type }) => type !== first.type);
  if (other) throw bad(`a frame has events of one type, not of ${first.type} and ${other.type}`);
  const sources = events.map(({ source }) => source);
  const attributes = namesIn(events, (name) => !CORE.has(name));
  return {
    v: 1,
    type: first.type,
    id: events.map(({ id }) => id),
    source: sources.every((source) => source === first.source) ? first.source : sources,
    ...(events.some(({ time }) => time !== undefined) && { time: events.map(({ time }) => shortTime(time)) }),
    ...(attributes.length > 0 && {
      attributes: Object.fromEntries(attributes.map((name) => [name, events.map((event) => event[name])])),
    }),
    ...dataOf(events.map(({ data }) => data)),
  };
}

function dataOf(data: readonly unknown[]): Pick<Frame, 'fields' | 'columns' | 'data'> {
  if (data.every((each) => each === undefined)) return {};
  const objects = data.filter(isPlain);
  const fields = objects.length === data.length ? namesIn(objects, () => true) : [];
  if (fields.length === 0 || fields.length > MOST_FIELDS) return { data: [...data] };
  return { fields, columns: fields.map((name) => objects.map((each) => each[name])) };
}

function namesIn(objects: readonly Readonly<Record<string, unknown>>[], wanted: (name: string) => boolean): string[] {
  const names = new Set<string>();
  for (const each of objects) for (const name of Object.keys(each)) if (wanted(name)) names.add(name);
  return [...names];
}

/**
 * The events of a frame that somebody else wrote. One bad event costs only that one.
 * @param given the frame as it was unpacked, of any shape
 * @throws VSM_EVENT when it is no frame
 */
export function eventsOfFrame(given: unknown): { type: string; events: Framed[] } {
  const parsed = Frame.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw bad(`no frame: ${issue?.path.join('.') || 'frame'}: ${issue?.message ?? 'malformed'}`);
  }
  const { type, id, source, time, attributes, fields, columns, data } = parsed.data;
  const lists = [source, time, data, ...(columns ?? []), ...Object.values(attributes ?? {})].filter(Array.isArray);
  if (lists.some(({ length }) => length !== id.length)) throw bad('no frame: its columns differ in length');
  if ((columns?.length ?? 0) !== (fields?.length ?? 0)) throw bad('no frame: not a column for each field');
  if (fields?.includes('__proto__')) throw bad('no frame: a field cannot be named __proto__');
  const sourceAt = typeof source === 'string' ? () => source : (n: number) => source[n];
  const timeAt = time ? times(time) : () => undefined;
  const dataAt = fields && columns ? objectsAt(fields, columns) : (n: number) => data?.[n];
  const more = Object.entries(attributes ?? {});
  const events = id.map((name, n): Framed => {
    const event = {
      ...{ specversion: '1.0' as const, id: name, source: sourceAt(n), type, time: timeAt(n) },
      ...{ datacontenttype: JSON_DATA, data: dataAt(n) },
    };
    return more.length === 0 && isFine(event) ? { ok: true, event } : checked(event, more, n);
  });
  return { type, events };
}

type Found = { specversion: '1.0'; id: unknown; source: unknown; type: string; time: unknown; data: unknown };

/** What is so of nearly every event, quickly looked at; what is not is looked at closely by `checked`. */
function isFine(event: Found): event is Found & { id: string; source: string; time: string | undefined } {
  const { id, source, time, data } = event;
  return isName(id) && isName(source) && (time === undefined || isShort(time)) && isJson(data, MAX_JSON_DEPTH);
}

function checked(found: Found, attributes: readonly [string, unknown[]][], n: number): Framed {
  const event: Record<string, unknown> = { ...found };
  for (const [name, values] of attributes) if (values[n] !== undefined && !CORE.has(name)) event[name] = values[n];
  for (const name of ['time', 'data']) if (event[name] === undefined) delete event[name];
  if (!isJson(event, MAX_JSON_DEPTH))
    return { ok: false, reason: 'it holds what JSON cannot, or too deep', found: event };
  const parsed = CloudEvent.safeParse(event);
  if (parsed.success) return { ok: true, event: parsed.data };
  const issue = parsed.error.issues[0];
  const reason = `not a CloudEvent: ${issue?.path.join('.') || 'event'}: ${issue?.message ?? 'malformed'}`;
  return { ok: false, reason, found: event };
}

function objectsAt(fields: readonly string[], columns: readonly unknown[][]): (n: number) => object {
  return (n) => {
    const object: Record<string, unknown> = {};
    for (let f = 0; f < fields.length; f++) {
      const value = columns[f]?.[n];
      if (value !== undefined) object[fields[f] ?? ''] = value;
    }
    return object;
  };
}

/** Events that come fast come in the same millisecond. */
function times(column: readonly unknown[]): (n: number) => unknown {
  let last: number | undefined;
  let text = '';
  return (n) => {
    const time = column[n];
    if (typeof time !== 'number') return time;
    if (time !== last) {
      const iso = isoTime(time);
      if (iso === undefined) return time;
      last = time;
      text = iso;
    }
    return text;
  };
}

function isoTime(ms: number): string | undefined {
  return Number.isInteger(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined;
}

/** As ms since the epoch where it reads the same again. */
function shortTime(time: string | undefined): number | string | undefined {
  if (time === undefined) return undefined;
  const ms = Date.parse(time);
  return isoTime(ms) === time ? ms : time;
}

/** `2026-11-24T10:00:00.000Z` */
function isShort(time: unknown): time is string {
  return typeof time === 'string' && time.length === 24 && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 512 && !value.includes('\0');
}

/** MessagePack can tell what JSON cannot: what is not JSON could not be written down. */
function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      if (value === null) return true;
      if (depth === 0) return false;
      if (Array.isArray(value)) return value.every((each) => each !== undefined && isJson(each, depth - 1));
      return isPlain(value) && allJson(value, depth - 1);
    default:
      return false;
  }
}

function allJson(object: Readonly<Record<string, unknown>>, depth: number): boolean {
  for (const name in object) if (!isJson(object[name], depth)) return false;
  return true;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** What a bad event holds, for people to look at: as JSON as far as that goes. */
export function jsonOf(found: unknown): Uint8Array {
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value);
  try {
    return new TextEncoder().encode(JSON.stringify(found, plain));
  } catch (error) {
    return new TextEncoder().encode(`cannot be shown: ${reasonOf(error)}`);
  }
}

function bad(reason: string): VsmError {
  return new VsmError('VSM_EVENT', reason);
}
