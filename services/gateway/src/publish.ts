import { frameMessage, unpackFrame } from '@vsmcp/nervous-system';
import type { ServiceContext } from '@vsmcp/service';
import {
  CLOUDEVENTS_JSON,
  type CloudEvent,
  eventsOfFrame,
  FRAME,
  partitionHeaders,
  partitionKeyOf,
  reasonOf,
} from '@vsmcp/vsm';
import { HttpError } from './failure.js';
import { incoming } from './incoming.js';

/**
 * Publishes the events of a body as anything outside could.
 * @throws HttpError 400 naming the event that is none, before any is published
 */
export async function publishEvents(
  context: ServiceContext,
  contentType: string,
  body: unknown,
): Promise<CloudEvent[]> {
  if (contentType === FRAME && Buffer.isBuffer(body)) return publishFrame(context, body);
  const events = incoming(contentType, body, { now: context.clock.now(), newId: context.ids });
  await context.bus.publishBatch(
    events.map((event) => ({
      channel: 'environment',
      key: event.type,
      id: event.id,
      contentType: CLOUDEVENTS_JSON,
      headers: partitionHeaders(event),
      content: new TextEncoder().encode(JSON.stringify(event)),
    })),
  );
  return events;
}

/** All or none, as with the others; what is fine travels as it is. */
async function publishFrame({ bus }: ServiceContext, content: Buffer): Promise<CloudEvent[]> {
  const { events: framed } = readFrame(content);
  const events = framed.map((one, n) => {
    if (one.ok) return one.event;
    throw bad(`event ${n}: ${one.reason}`);
  });
  const keys = new Set(events.map(partitionKeyOf));
  const [first] = events;
  if (first === undefined || keys.size > 1) throw bad('the events of a frame have one partition key, or none');
  await bus.publish(frameMessage(content, first));
  return events;
}

function readFrame(content: Buffer): ReturnType<typeof eventsOfFrame> {
  try {
    return eventsOfFrame(unpackFrame(content));
  } catch (error) {
    throw bad(reasonOf(error));
  }
}

const bad = (message: string): HttpError =>
  new HttpError(400, 'VSM_EVENT', message, 'let `packFrame` of libs/nervous-system make frames, or send a batch');
