import { randomUUID } from 'node:crypto';
import { connectAmqp } from '@vsmcp/nervous-system';
import { openLog, realClock } from '@vsmcp/service';
import { until } from '../../support/until.js';
import { publishEvents } from './publishing.js';

/** A publisher in a process of its own. */
const [url = '', path = '', count = '', how = ''] = process.argv.slice(2);

const bus = await connectAmqp({
  ...{ url, path, party: 'world', instance: 'world-publisher', heartbeat: 5000 },
  ...{ clock: realClock, ids: randomUUID, log: openLog('silent') },
});
await until(() => bus.health().ok, { what: 'the transport' });
await publishEvents(bus, Number(count), how === 'frames' ? how : 'single');
await bus.close();
