import { z } from 'zod';
import { VsmError } from '../errors.js';
import { CloudEvent, MAX_BATCH_EVENTS, MAX_JSON_DEPTH } from '../event.js';
import { isKey } from '../keys.js';
import { CORE, MOST_FIELDS } from './frame.js';
import { isJson, isName, isNumber, isoTime, isScalar, isShort } from './values.js';

const JSON_DATA = 'application/json';

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
  // Looked at by columns, most need no second look by event.
  const simple = {
    time: time?.every(isNumber) ?? true,
    data: columns?.every((column) => column.every(isScalar)) ?? false,
  };
  const events = id.map((name, n): Framed => {
    const event: Found = {
      specversion: '1.0',
      id: name,
      source: sourceAt(n),
      type,
      time: timeAt(n),
      datacontenttype: JSON_DATA,
      data: dataAt(n),
    };
    return more.length === 0 && isFine(event, simple) ? { ok: true, event } : checked(event, more, n);
  });
  return { type, events };
}

type Found = {
  specversion: '1.0';
  id: unknown;
  source: unknown;
  type: string;
  time: unknown;
  datacontenttype: string;
  data: unknown;
};

/** What is so of nearly every event, quickly looked at; what is not is looked at closely by `checked`. */
function isFine(
  event: Found,
  simple: { time: boolean; data: boolean },
): event is Found & { id: string; source: string; time: string | undefined } {
  const { id, source, time, data } = event;
  if (!isName(id) || !isName(source) || !(simple.data || isJson(data, MAX_JSON_DEPTH))) return false;
  return time === undefined || (simple.time ? typeof time === 'string' : isShort(time));
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
      // RFC 3339 ends with the year 9999.
      if (iso?.length !== 24) return time;
      last = time;
      text = iso;
    }
    return text;
  };
}

function bad(reason: string): VsmError {
  return new VsmError('VSM_EVENT', reason);
}
