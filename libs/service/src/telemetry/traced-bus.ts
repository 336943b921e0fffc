import type { Delivery, DeliveryResult, Handler, NervousSystem, Outgoing, Subscription } from '@vsmcp/nervous-system';
import { queueName } from '@vsmcp/vsm';
import { traceOf } from '../messages/envelope.js';
import { processing, publishing, spanName } from './messaging.js';
import { currentTrace, inSpan, isTraced, type Spanning, untraced } from './spans.js';

/**
 * A nervous system whose messages carry the trace on. What is said within a trace gets a span and its context; what is
 * heard with a context is handled within a span. Nothing else starts a trace but events: heartbeats and loads are of
 * none. Events are handled untraced here, because only who reads them finds the context that a CloudEvent may hold: see
 * `inEventSpan`.
 */
export function traced(bus: NervousSystem, path: string, who: Spanning): NervousSystem {
  const say = <T>(message: Outgoing, send: (message: Outgoing) => Promise<T>): Promise<T> => {
    const follows = traceOf(message.headers ?? {});
    if (message.channel !== 'environment' && !isTraced(follows)) return send(message);
    const attributes = publishing(path, bus.transport, message);
    const options = { kind: 'PRODUCER', attributes, follows, begins: true } as const;
    return inSpan(who, spanName('publish', path, message.channel), options, () =>
      send({ ...message, headers: { ...message.headers, ...currentTrace() } }),
    );
  };
  const publish = (message: Outgoing) => say(message, (carrying) => bus.publish(carrying));

  return {
    transport: bus.transport,
    publish,
    async publishBatch(messages) {
      await Promise.all(messages.map(publish));
    },
    subscribe: (subscription, handler) =>
      bus.subscribe(subscription, hearing(path, bus.transport, who, subscription, handler)),
    request: (message, timeout) =>
      say({ ...message, channel: 'query' }, ({ channel: _, ...question }) => bus.request(question, timeout)),
    respond: (to, answer) => bus.respond(to, { ...answer, headers: { ...answer.headers, ...currentTrace() } }),
    depth: (queue) => bus.depth(queue),
    health: () => bus.health(),
    stats: () => bus.stats(),
    drain: (ms) => bus.drain(ms),
    close: () => bus.close(),
  };
}

function hearing(
  path: string,
  transport: NervousSystem['transport'],
  who: Spanning,
  { queue }: Subscription,
  handler: Handler,
): Handler {
  const name = 'own' in queue ? undefined : queueName(path, queue.name);
  return (delivery: Delivery) => {
    const follows = traceOf(delivery.headers);
    // A transport may call back from within the trace in which it was asked to.
    return untraced(() => {
      if (delivery.channel === 'environment' || !isTraced(follows)) return handler(delivery);
      const attributes = processing(path, transport, delivery, name);
      return inSpan(
        who,
        spanName('process', path, delivery.channel),
        { kind: 'CONSUMER', attributes, follows },
        async (span) => {
          const handled = await handler(delivery);
          span.setAttribute('vsmcp.verdict', handled.result);
          return carry(handled);
        },
      );
    });
  };
}

/** Binds a callback to the active context, so that what comes back later goes on from here. */
export function carry(handled: DeliveryResult): DeliveryResult {
  return handled.result === 'later' ? { ...handled, headers: { ...currentTrace(), ...handled.headers } } : handled;
}
