import { randomUUID } from 'node:crypto';
import { connectAmqp } from '@vsmcp/nervous-system';
import { openLog, realClock } from '@vsmcp/service';
import { until } from '../../support/until.js';
import { type How, publishEvents } from './publishing.js';

/**
 * A parent's order to a publisher in a process of its own. The answer, once all are confirmed, is the processor time
 * that it took, in µs.
 */
export interface Order {
  events: number;
  how: How;
}

const [url = '', path = ''] = process.argv.slice(2);
const bus = await connectAmqp({
  url,
  path,
  party: 'world',
  instance: 'world-publisher',
  heartbeat: 5000,
  clock: realClock,
  ids: randomUUID,
  log: openLog('silent'),
});
await until(() => bus.health().ok, { what: 'the transport' });
process.on('message', (order: Order) => {
  void (async () => {
    const before = process.cpuUsage();
    await publishEvents(bus, order.events, order.how);
    const { user, system } = process.cpuUsage(before);
    process.send?.(user + system);
  })();
});
process.once('disconnect', () => void bus.close());
process.send?.('ready');
