import { CLOUDEVENTS_BATCH, CLOUDEVENTS_JSON, CloudEvent, type Ids, MAX_BATCH_EVENTS } from '@vsmcp/vsm';
import type { z } from 'zod';
import { HttpError } from './failure.js';
import { ShortEvent } from './routes/short-event.js';

/**
 * The events of a request body: one CloudEvent, a batch, or the short form `{type, data, id?, source?}`. All or none.
 * @throws HttpError 400 naming the event and what is wrong with it
 */
export function incoming(
  contentType: string,
  body: unknown,
  { now, newId }: { now: number; newId: Ids },
): CloudEvent[] {
  if (contentType === CLOUDEVENTS_BATCH || (Array.isArray(body) && contentType !== CLOUDEVENTS_JSON)) {
    if (!Array.isArray(body)) throw bad('a batch is a JSON array of events');
    if (body.length > MAX_BATCH_EVENTS) throw bad(`${body.length} events at once: at most ${MAX_BATCH_EVENTS}`);
    return body.map((event: unknown, index) => one(event, `event ${index}: `, now, newId));
  }
  return [one(body, '', now, newId)];
}

function one(body: unknown, where: string, now: number, newId: Ids): CloudEvent {
  if (typeof body === 'object' && body !== null && 'specversion' in body) return checked(CloudEvent, body, where);
  const { type, data, id, source } = checked(ShortEvent, body, where);
  return {
    specversion: '1.0',
    id: id ?? newId(),
    source,
    type,
    time: new Date(now).toISOString(),
    datacontenttype: 'application/json',
    ...(data === undefined ? {} : { data }),
  };
}

function checked<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw bad(`${where}${issue?.path.join('.') || 'event'}: ${issue?.message ?? 'malformed'}`);
}

const bad = (message: string): HttpError =>
  new HttpError(400, 'VSM_EVENT', message, 'send a CloudEvent 1.0, a batch of them, or {"type": …, "data": …}');
