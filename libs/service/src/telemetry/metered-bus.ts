import type { Handler, NervousSystem, Outgoing, Subscription } from '@vsmcp/nervous-system';
import type { Clock } from '@vsmcp/vsm';
import type { Metrics } from '../metrics/metrics.js';

/** A nervous system that counts what it carries, by channel, and times its handlers. */
export function metered(bus: NervousSystem, metrics: Metrics, clock: Clock): NervousSystem {
  const messages = metrics.counter('vsmcp_messages_total', 'Messages of this instance', ['channel', 'direction']);
  const verdicts = metrics.counter('vsmcp_deliveries_total', 'Deliveries by what their handler did with them', [
    'channel',
    'verdict',
  ]);
  const seconds = metrics.seconds('vsmcp_handler_seconds', 'From delivery to verdict', ['channel']);
  showStats(bus, metrics);

  const sent = (channel: Outgoing['channel']) => messages.inc({ channel, direction: 'sent' });
  const received = (channel: Outgoing['channel']) => messages.inc({ channel, direction: 'received' });
  const timed =
    (handler: Handler): Handler =>
    async (delivery) => {
      const { channel } = delivery;
      received(channel);
      const started = clock.now();
      let what = 'failed';
      try {
        const handled = await handler(delivery);
        what = handled.result;
        return handled;
      } finally {
        verdicts.inc({ channel, verdict: what });
        seconds({ channel }, (clock.now() - started) / 1000);
      }
    };

  return {
    transport: bus.transport,
    publish(message) {
      sent(message.channel);
      return bus.publish(message);
    },
    publishBatch(batch) {
      for (const { channel } of batch) sent(channel);
      return bus.publishBatch(batch);
    },
    subscribe: (subscription: Subscription, handler) => bus.subscribe(subscription, timed(handler)),
    async request(message, timeout) {
      sent('query');
      const answer = await bus.request(message, timeout);
      received('reply');
      return answer;
    },
    respond(to, answer) {
      sent('reply');
      return bus.respond(to, answer);
    },
    depth: (queue) => bus.depth(queue),
    health: () => bus.health(),
    stats: () => bus.stats(),
    drain: (ms) => bus.drain(ms),
    close: () => bus.close(),
  };
}

/** Figures that the transport counts by itself. */
function showStats(bus: NervousSystem, metrics: Metrics): void {
  const unconfirmed = metrics.gauge('vsmcp_unconfirmed_messages', 'Sent, and not yet safe at the broker');
  const inFlight = metrics.gauge('vsmcp_deliveries_in_flight', 'Deliveries whose handler has not ended');
  const counts = {
    reconnected: metrics.counter('vsmcp_reconnects_total', 'Connections to the broker that came back'),
    resent: metrics.counter('vsmcp_resent_total', 'Messages sent again after a reconnection'),
    rejected: metrics.counter('vsmcp_rejected_total', 'Messages that no queue took, or that the broker refused'),
    redelivered: metrics.counter('vsmcp_redelivered_total', 'Deliveries that had been handed out before'),
  };
  const told = { reconnected: 0, resent: 0, rejected: 0, redelivered: 0 };
  metrics.before(() => {
    const stats = bus.stats();
    unconfirmed.set(stats.unconfirmed);
    inFlight.set(stats.inFlight);
    for (const what of ['reconnected', 'resent', 'rejected', 'redelivered'] as const) {
      counts[what].inc(stats[what] - told[what]);
      told[what] = stats[what];
    }
  });
}
