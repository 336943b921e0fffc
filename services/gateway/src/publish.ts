import type { ServiceContext } from '@vsmcp/service';
import { CLOUDEVENTS_JSON, type CloudEvent, partitionHeaders } from '@vsmcp/vsm';
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
