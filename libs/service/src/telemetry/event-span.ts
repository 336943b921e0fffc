import type { DeliveryResult } from '@vsmcp/nervous-system';
import type { CloudEvent } from '@vsmcp/vsm';
import { traceOf } from '../messages/envelope.js';
import type { ServiceContext } from '../service.js';
import type { Trace } from '../trace.js';
import { processing, spanName } from './messaging.js';
import { currentTrace, inSpan, type SpanOptions } from './spans.js';
import { carry } from './traced-bus.js';

type Around = Pick<ServiceContext, 'system' | 'instance' | 'config' | 'bus'>;
type Arrived = Parameters<typeof processing>[2];

/**
 * Handles an event of the environment within a span. The context of its message comes first, because a retry writes
 * there how far the event has come; its own, which its publisher gave it, where that is another trace, is linked. An
 * event without any begins a trace, which it then carries.
 */
export function inEventSpan(
  { system, instance, config, bus }: Around,
  event: CloudEvent,
  delivery: Arrived,
  queue: string,
  work: (event: CloudEvent) => Promise<DeliveryResult>,
): Promise<DeliveryResult> {
  const own = traceOfEvent(event);
  const message = traceOf(delivery.headers);
  const follows = message.traceparent === undefined ? own : message;
  const links = own.traceparent === undefined || sameTrace(own, follows) ? [] : [own];
  const attributes = () => ({ ...processing(config.path, bus.transport, delivery, queue), ...about(event) });
  const options: SpanOptions = { kind: 'CONSUMER', attributes, follows, links, begins: true };
  return inSpan({ system, instance }, spanName('process', config.path, 'environment'), options, async () =>
    carry(await work(carrying(event))),
  );
}

/**
 * Handles an event that waited in the ledger: it goes on with its own trace, and what made it possible now is linked.
 */
export function inWaitingSpan<T>(
  { system, instance }: Around,
  event: CloudEvent,
  work: (event: CloudEvent) => Promise<T>,
): Promise<T> {
  const options = { attributes: () => about(event), follows: traceOfEvent(event), begins: true } as const;
  return inSpan({ system, instance }, 'answer what waited', options, () => work(carrying(event)));
}

export function traceOfEvent({ traceparent, tracestate }: CloudEvent): Trace {
  return traceOf({ traceparent, tracestate });
}

function carrying(event: CloudEvent): CloudEvent {
  return event.traceparent === undefined ? { ...event, ...currentTrace() } : event;
}

function sameTrace(a: Trace, b: Trace): boolean {
  return a.traceparent?.slice(3, 35) === b.traceparent?.slice(3, 35);
}

function about(event: CloudEvent): Record<string, string> {
  return {
    'cloudevents.event_id': event.id,
    'cloudevents.event_source': event.source,
    'cloudevents.event_type': event.type,
  };
}
