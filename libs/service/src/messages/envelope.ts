import type { Delivery, Outgoing } from '@vsmcp/nervous-system';
import { CLOUDEVENTS_JSON, CloudEvent, readJson, type System, VsmError } from '@vsmcp/vsm';
import type { Trace } from '../trace.js';

/** The sender of a message, as its source: `/<path>/<system>/<instance>`. */
export interface Speaker {
  path: string;
  system: System;
  instance: string;
}

export interface Content {
  id: string;
  /** Last words of the type: `vsm.<system>.<kind>.v1`. */
  kind: string;
  /** ms since the epoch. */
  at: number;
  data: unknown;
  /** Id of what it follows from. */
  cause?: string | undefined;
  trace?: Trace | undefined;
}

export function typeOf(system: System, kind: string): string {
  return `vsm.${system}.${kind}.v1`;
}

/** A message as it travels: a CloudEvent in JSON, trace context in the headers. */
export function seal(speaker: Speaker, content: Content): Pick<Outgoing, 'content' | 'contentType' | 'id' | 'headers'> {
  const event: CloudEvent = {
    specversion: '1.0',
    id: content.id,
    source: `/${speaker.path}/${speaker.system}/${speaker.instance}`,
    type: typeOf(speaker.system, content.kind),
    time: new Date(content.at).toISOString(),
    datacontenttype: 'application/json',
    ...(content.cause !== undefined && { cause: content.cause }),
    data: content.data,
  };
  return {
    id: content.id,
    contentType: CLOUDEVENTS_JSON,
    content: Buffer.from(JSON.stringify(event)),
    headers: { ...content.trace },
  };
}

/** Reads what came. Fields it does not know are kept. Throws VSM_EVENT with what is wrong. */
export function unseal(delivery: Delivery): CloudEvent {
  const event = CloudEvent.safeParse(readJson(delivery.content));
  if (event.success) return event.data;
  throw new VsmError('VSM_EVENT', `not a message of the fleet: ${issueOf(event.error)}`);
}

export function traceOf(headers: Readonly<Record<string, unknown>>): Trace {
  const { traceparent, tracestate } = headers;
  return {
    ...(typeof traceparent === 'string' && { traceparent }),
    ...(typeof tracestate === 'string' && { tracestate }),
  };
}

/** The first thing that a schema found wrong, with its place: `data.unit: expected string`. */
export function issueOf(error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] }): string {
  const issue = error.issues[0];
  if (!issue) return 'it does not fit its schema';
  const place = issue.path.map(String).join('.');
  return place ? `${place}: ${issue.message}` : issue.message;
}
