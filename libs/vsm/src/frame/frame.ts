import { VsmError } from '../errors.js';
import { type CloudEvent, MAX_BATCH_EVENTS } from '../event.js';
import { Columns } from './columns.js';
import { isoTime, isPlain } from './values.js';

/** The content type of a message that carries many events of one type by columns, in MessagePack. */
export const FRAME = 'application/vnd.vsmcp.frame';
/** Data with more different fields than this are not told by columns. */
export const MOST_FIELDS = 256;

/**
 * Many events of one type by columns, as it travels. A column has a value for each event, in their order. `time` is in
 * ms since the Unix epoch where that says all, else RFC 3339. Data that are objects are told by `fields` and `columns`
 * (undefined: not there), all others whole in `data`. What else an event says of itself is in `attributes`.
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
  const time = new Array<string | undefined>(length);
  const more = new Columns(length, { without: CORE });
  // One look at each event: there are many, and each is somewhere else in memory.
  for (let n = 0; n < length; n++) {
    const event = events[n] ?? first;
    if (event.type !== first.type) throw bad(`a frame has events of one type, not of ${first.type} and ${event.type}`);
    id[n] = event.id;
    source[n] = event.source;
    time[n] = event.time;
    data[n] = event.data;
    more.add(event, n);
  }
  const attributes = more.entries();
  return {
    v: 1,
    type: first.type,
    id,
    source: source.every((each) => each === first.source) ? first.source : source,
    ...(time.some((each) => each !== undefined) && { time: shortTimes(time) }),
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
    ...dataOf(data),
  };
}

function dataOf(data: unknown[]): Pick<Frame, 'fields' | 'columns' | 'data'> {
  if (data.every((each) => each === undefined)) return {};
  const said = new Columns(data.length, { most: MOST_FIELDS });
  for (let n = 0; n < data.length; n++) {
    const each = data[n];
    if (!isPlain(each) || !said.add(each, n)) return { data };
  }
  const entries = said.entries();
  if (entries.length === 0 || said.get('__proto__')) return { data };
  return { fields: entries.map(([name]) => name), columns: entries.map(([, column]) => column) };
}

/** As ms since the epoch where it reads the same again. */
function shortTimes(times: readonly (string | undefined)[]): (number | string | undefined)[] {
  let last: string | undefined;
  let short: number | string | undefined;
  return times.map((time) => {
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
