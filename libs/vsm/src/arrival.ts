import { reasonOf, VsmError } from './errors.js';
import { CLOUDEVENTS_BATCH, CLOUDEVENTS_JSON, CloudEvent, MAX_BATCH_EVENTS } from './event.js';
import { eventsOfFrame } from './frame/events.js';
import { FRAME } from './frame/frame.js';
import { jsonOf } from './frame/values.js';
import { readJson, readText } from './json.js';
import { isKey, MAX_KEY_BYTES } from './keys.js';
import type { Ids } from './time.js';

/**
 * Messages from outside, read into events. This is the border at which nothing is trusted: size, depth, encoding and
 * every attribute are looked at before anything inside sees them.
 */

/** A message as it came from outside: nothing in it is trusted. */
export interface Incoming {
  /** The routing key. */
  key: string;
  contentType: string | undefined;
  contentEncoding?: string | undefined;
  headers: Readonly<Record<string, unknown>>;
  messageId?: string | undefined;
  appId?: string | undefined;
  /** Milliseconds since the Unix epoch, as its publisher says. */
  timestamp?: number | undefined;
  content: Uint8Array;
}

export interface ArrivalLimits {
  /** `max_event_bytes`, for a batch as a whole. */
  maxBytes: number;
  /** Milliseconds since the Unix epoch. */
  now: number;
  newId: Ids;
  /** Unpacks a frame; without it frames cannot be read. May throw. */
  unpack?: (content: Uint8Array) => unknown;
}

/** An event, or what could not be read as one, to be held with the reason. */
export type Arrived =
  | {
      ok: true;
      event: CloudEvent;
      /** False when the publisher gave none: a repeat of it cannot be recognised. */
      hasId: boolean;
    }
  | {
      ok: false;
      reason: string;
      key: string;
      headers: Readonly<Record<string, unknown>>;
      /** The message, or of a batch the one bad event's JSON. */
      content: Uint8Array;
    };

/**
 * Reads a message of the environment into CloudEvents: structured, binary (AMQP headers), a batch, a frame, or plain
 * JSON. One bad event of a batch or frame costs only that one. Never throws, whatever comes.
 */
export function arrive(incoming: Incoming, limits: ArrivalLimits): Arrived[] {
  try {
    return read(incoming, limits);
  } catch (error) {
    return [refused(incoming, error, incoming.content)];
  }
}

function read(incoming: Incoming, { maxBytes, now, newId, unpack }: ArrivalLimits): Arrived[] {
  const { key, content, headers } = incoming;
  if (!isKey(key)) {
    throw bad(`the routing key is not at most ${MAX_KEY_BYTES} bytes of dot-separated words out of a-z 0-9 _ -`);
  }
  if (content.length > maxBytes) throw bad(`${content.length} bytes are more than the ${maxBytes} that are allowed`);
  if (isEncoded(incoming.contentEncoding)) {
    throw bad(`content encoding ${incoming.contentEncoding?.slice(0, 100)}: send it as it is`);
  }
  const type = mediaType(incoming.contentType);
  if (type === CLOUDEVENTS_BATCH) return readBatch(incoming);
  if (type === FRAME && unpack) return readFrame(incoming, unpack);
  if (type === CLOUDEVENTS_JSON) return [accepted(readJson(content), incoming, true)];
  const attributes = binaryAttributes(headers);
  if (attributes) return [accepted({ ...attributes, ...readData(type, incoming) }, incoming, true)];
  if (!isJson(type)) {
    throw bad(`content type ${type.slice(0, 100)}: send JSON, or a CloudEvent`);
  }
  const hasId = Boolean(incoming.messageId);
  const event = {
    specversion: '1.0',
    id: hasId ? incoming.messageId : newId(),
    source: incoming.appId || 'amqp',
    type: key,
    time: isoTime(incoming.timestamp) ?? new Date(now).toISOString(),
    datacontenttype: 'application/json',
    data: readJson(content),
  };
  return [accepted(event, incoming, hasId)];
}

function readBatch(incoming: Incoming): Arrived[] {
  const batch = readJson(incoming.content);
  if (!Array.isArray(batch)) throw bad('a CloudEvents batch is a JSON array');
  if (batch.length > MAX_BATCH_EVENTS) {
    throw bad(`a batch of ${batch.length} events: at most ${MAX_BATCH_EVENTS} are allowed, send several`);
  }
  return batch.map((event: unknown) => {
    try {
      return accepted(event, incoming, true);
    } catch (error) {
      return refused(incoming, error, new TextEncoder().encode(JSON.stringify(event)));
    }
  });
}

function readFrame(incoming: Incoming, unpack: (content: Uint8Array) => unknown): Arrived[] {
  const { type, events } = eventsOfFrame(unpacked(incoming.content, unpack));
  if (type !== incoming.key) throw bad(`the type ${type} is not the routing key`);
  const traced = TRACE.some((name) => incoming.headers[name] !== undefined);
  if (!traced && events.every((framed) => framed.ok)) return events;
  return events.map((framed) => {
    if (!framed.ok) return refused(incoming, bad(framed.reason), jsonOf(framed.found));
    if (traced) addTrace(framed.event, incoming.headers);
    return framed;
  });
}

function unpacked(content: Uint8Array, unpack: (content: Uint8Array) => unknown): unknown {
  try {
    return unpack(content);
  } catch (error) {
    throw bad(`no frame: ${reasonOf(error)}`);
  }
}

const TRACE = ['traceparent', 'tracestate'] as const;

/** Lets the message's trace context in where the event has none of its own. */
function addTrace(event: CloudEvent, headers: Readonly<Record<string, unknown>>): void {
  for (const name of TRACE) {
    const value = headers[name];
    if (typeof value === 'string' && event[name] === undefined) event[name] = value;
  }
}

/** Checks the event, and lets the message's trace context in where the event has none of its own. */
function accepted(candidate: unknown, { key, headers }: Incoming, hasId: boolean): Arrived {
  const parsed = CloudEvent.safeParse(candidate);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw bad(`not a CloudEvent: ${issue?.path.join('.') || 'event'}: ${issue?.message ?? 'malformed'}`);
  }
  const event = parsed.data;
  if (event.type !== key) throw bad(`the type ${event.type} is not the routing key`);
  addTrace(event, headers);
  return { ok: true, event, hasId };
}

function refused({ key, headers }: Incoming, error: unknown, content: Uint8Array): Arrived {
  return { ok: false, reason: reasonOf(error), key, headers, content };
}

const PREFIXED = /^cloudEvents[:_](.*)$/s;
const ATTRIBUTE = /^[a-z0-9]{1,64}$/;

/** The attributes of the binary mode, or undefined when the headers have none. */
function binaryAttributes(headers: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const attributes: Record<string, unknown> = {};
  for (const [header, value] of Object.entries(headers)) {
    const name = PREFIXED.exec(header)?.[1];
    if (name === undefined) continue;
    if (!ATTRIBUTE.test(name) || name === 'data') throw bad(`header ${header.slice(0, 100)} names no attribute`);
    attributes[name] = attributeValue(header, value);
  }
  return Object.keys(attributes).length > 0 ? attributes : undefined;
}

function attributeValue(header: string, value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const seconds = amqpTimestamp(value);
  const time = seconds === undefined ? undefined : isoTime(seconds * 1000);
  if (time !== undefined) return time;
  throw bad(`header ${header} is neither text, number, truth value nor time`);
}

/** AMQP tables have a timestamp type (seconds), which clients hand over as a marked object. */
function amqpTimestamp(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return '!' in value && value['!'] === 'timestamp' && 'value' in value && typeof value.value === 'number'
    ? value.value
    : undefined;
}

function readData(type: string, { content, contentType }: Incoming): { datacontenttype?: string; data?: unknown } {
  const datacontenttype = contentType ? { datacontenttype: contentType } : {};
  if (content.length === 0) return datacontenttype;
  if (isJson(type)) return { ...datacontenttype, data: readJson(content) };
  if (type.startsWith('text/')) return { ...datacontenttype, data: readText(content) };
  throw bad(`data of content type ${type.slice(0, 100)}: send JSON or text`);
}

/** The media type without parameters. Throws for a character set that is not UTF-8. */
function mediaType(contentType: string | undefined): string {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=');
    const charset = value.trim().replaceAll('"', '');
    if (name.trim() === 'charset' && !['utf-8', 'utf8', 'us-ascii'].includes(charset)) {
      throw bad(`character set ${charset.slice(0, 40)}: send UTF-8`);
    }
  }
  return type.trim();
}

/** Compressed or otherwise encoded. Many clients set the character set here, which is none of that. */
function isEncoded(encoding: string | undefined): boolean {
  return encoding !== undefined && !/^(|identity|utf-?8|us-ascii|[78]bit|binary)$/i.test(encoding.trim());
}

/** Publishers that say nothing about their content are taken to send JSON. */
function isJson(type: string): boolean {
  return type === '' || type === 'application/json' || type === 'text/json' || /^application\/.+\+json$/.test(type);
}

function isoTime(ms: number | undefined): string | undefined {
  if (ms === undefined || !(Math.abs(ms) <= 8.64e15)) return undefined;
  const iso = new Date(ms).toISOString();
  // Years beyond four digits are no RFC 3339 time.
  return iso.length === 24 ? iso : undefined;
}

function bad(reason: string): VsmError {
  return new VsmError('VSM_EVENT', reason);
}
