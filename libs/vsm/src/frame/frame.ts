import { VsmError } from '../errors.js';
import { type CloudEvent, MAX_BATCH_EVENTS } from '../event.js';
import { isoTime, isPlain } from './values.js';

/** The content type of a message that carries many events of one type by columns, in MessagePack. */
export const FRAME = 'application/vnd.vsmcp.frame';
/** Data with more different fields than this are not told by columns. */
export const MOST_FIELDS = 256;

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

/** Context attributes with a place of their own. */
export const CORE: ReadonlySet<string> = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'time',
  'data',
  'datacontenttype',
]);

/** The columns of events. @throws VSM_EVENT when there are none, too many, or they are not of one type */
export function frameOf(events: readonly CloudEvent[]): Frame {
  const [first] = events;
  if (first === undefined || events.length > MAX_BATCH_EVENTS) {
    throw bad(`a frame has from 1 to ${MAX_BATCH_EVENTS} events, not ${events.length}`);
  }
  const { length } = events;
  const [id, source, data] = [new Array<string>(length), new Array<string>(length), new Array<unknown>(length)];
  // One look at each event: there are many, and each is somewhere else in memory.
  for (let n = 0; n < length; n++) {
    const event = events[n] ?? first;
    if (event.type !== first.type) throw bad(`a frame has events of one type, not of ${first.type} and ${event.type}`);
    id[n] = event.id;
    source[n] = event.source;
    data[n] = event.data;
  }
  const attributes = namesIn(events, (name) => !CORE.has(name));
  return {
    v: 1,
    type: first.type,
    id,
    source: source.every((each) => each === first.source) ? first.source : source,
    ...(events.some(({ time }) => time !== undefined) && { time: shortTimes(events) }),
    ...(attributes.length > 0 && {
      attributes: Object.fromEntries(attributes.map((name) => [name, events.map((event) => own(event, name))])),
    }),
    ...dataOf(data),
  };
}

function dataOf(data: unknown[]): Pick<Frame, 'fields' | 'columns' | 'data'> {
  if (data.every((each) => each === undefined)) return {};
  if (!data.every(isPlain)) return { data };
  const fields = namesIn(data, () => true);
  if (fields.length === 0 || fields.length > MOST_FIELDS || fields.includes('__proto__')) return { data };
  return { fields, columns: fields.map((name) => data.map((each) => own(each, name))) };
}

/** Not what an object inherits, such as `constructor`. */
function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function namesIn(objects: readonly Readonly<Record<string, unknown>>[], wanted: (name: string) => boolean): string[] {
  const names = new Set<string>();
  // In a row of objects with the same names there is nothing new after the first.
  let last: string[] = [];
  for (const each of objects) {
    if (hasNames(each, last)) continue;
    last = Object.keys(each);
    for (const name of last) if (wanted(name)) names.add(name);
  }
  return [...names];
}

/** Whether the object has these names in this order, and no others. Looked at without a list of its own names, which would cost more than the rest. */
function hasNames(object: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  let n = 0;
  for (const name in object) if (name !== names[n++]) return false;
  return n === names.length;
}

/** As ms since the epoch where it reads the same again. */
function shortTimes(events: readonly CloudEvent[]): (number | string | undefined)[] {
  let last: string | undefined;
  let short: number | string | undefined;
  return events.map(({ time }) => {
    if (time === undefined || time === last) return time && short;
    last = time;
    const ms = Date.parse(time);
    short = isoTime(ms) === time ? ms : time;
    return short;
  });
}

function bad(reason: string): VsmError {
  return new VsmError('VSM_EVENT', reason);
}
