import { z } from 'zod';
import { VsmError } from '../errors.js';
import { CloudEvent, MAX_BATCH_EVENTS, MAX_JSON_DEPTH } from '../event.js';
import { isKey } from '../keys.js';
import { CORE, MOST_FIELDS } from './frame.js';
import { isJson, isName, isNumber, isoTime, isScalar, isShort } from './values.js';

const JSON_DATA = 'application/json';

/** Not looked into: there are many values, and each is looked at below. */
const Column = z.custom<unknown[]>(Array.isArray, { error: 'no list' });

const Frame = z.object({
  v: z.literal(1, { error: 'this version knows frames of version 1' }),
  type: z.string().refine(isKey, { error: 'no event type' }),
  id: z.custom<unknown[]>((id) => Array.isArray(id) && id.length >= 1 && id.length <= MAX_BATCH_EVENTS, {
    error: `a frame has from 1 to ${MAX_BATCH_EVENTS} events`,
  }),
  source: z.union([z.string(), Column]),
  time: Column.optional(),
  attributes: z.record(z.string().regex(/^[a-z0-9]{1,64}$/), Column).optional(),
  fields: z.array(z.string()).max(MOST_FIELDS).optional(),
  columns: z.array(Column).optional(),
  data: Column.optional(),
});

/** An event of a frame, or why there is none and what there is instead. Whoever framed it gave it an id. */
export type Framed = { ok: true; event: CloudEvent; hasId: true } | { ok: false; reason: string; found: unknown };

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
  const texts = time && textsOf(time);
  const objects = fields && columns ? objectsOf(fields, columns, id.length) : data;
  const more = Object.entries(attributes ?? {});
  // Looked at by columns, most need no second look by event.
  const simple: Simple = {
    source: typeof source === 'string' && isName(source),
    time: time?.every(isNumber) ?? true,
    data: columns?.every((column) => column.every(isScalar)) ?? objects === undefined,
  };
  const events = new Array<Framed>(id.length);
  for (let n = 0; n < events.length; n++) {
    const event: Found = {
      specversion: '1.0',
      id: id[n],
      source: typeof source === 'string' ? source : source[n],
      type,
      time: texts?.[n],
      datacontenttype: JSON_DATA,
      data: objects?.[n],
    };
    events[n] = more.length === 0 && isFine(event, simple) ? { ok: true, event, hasId: true } : checked(event, more, n);
  }
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

/** Attributes that are fine in all events, or have been made here. */
interface Simple {
  source: boolean;
  time: boolean;
  data: boolean;
}

/**
 * A quick look at what holds of nearly every event; one of which it does not hold is looked at closely by `checked`.
 */
function isFine(
  event: Found,
  simple: Simple,
): event is Found & { id: string; source: string; time: string | undefined } {
  const { id, source, time, data } = event;
  if (!isName(id) || !(simple.source || isName(source)) || !(simple.data || isJson(data, MAX_JSON_DEPTH))) return false;
  return time === undefined || (simple.time ? typeof time === 'string' : isShort(time));
}

function checked(found: Found, attributes: readonly [string, readonly unknown[]][], n: number): Framed {
  const event: Record<string, unknown> = { ...found };
  for (const [name, values] of attributes) if (values[n] !== undefined && !CORE.has(name)) event[name] = values[n];
  for (const name of ['time', 'data']) if (event[name] === undefined) delete event[name];
  if (!isJson(event, MAX_JSON_DEPTH))
    return { ok: false, reason: 'it holds what JSON cannot, or too deep', found: event };
  const parsed = CloudEvent.safeParse(event);
  if (parsed.success) return { ok: true, event: parsed.data, hasId: true };
  const issue = parsed.error.issues[0];
  const reason = `not a CloudEvent: ${issue?.path.join('.') || 'event'}: ${issue?.message ?? 'malformed'}`;
  return { ok: false, reason, found: event };
}

function objectsOf(fields: readonly string[], columns: readonly (readonly unknown[])[], length: number): object[] {
  const objects = new Array<object>(length);
  for (let n = 0; n < length; n++) {
    const object: Record<string, unknown> = {};
    for (let f = 0; f < fields.length; f++) {
      const value = columns[f]?.[n];
      if (value !== undefined) object[fields[f] ?? ''] = value;
    }
    objects[n] = object;
  }
  return objects;
}

/** Times that are numbers as text. Events that come fast come in the same millisecond. */
function textsOf(times: readonly unknown[]): unknown[] {
  let last: number | undefined;
  let text = '';
  return times.map((time) => {
    if (typeof time !== 'number') return time;
    if (time === last) return text;
    const iso = isoTime(time);
    // RFC 3339 ends with the year 9999.
    if (iso?.length !== 24) return time;
    last = time;
    text = iso;
    return text;
  });
}

function bad(reason: string): VsmError {
  return new VsmError('VSM_EVENT', reason);
}
