import { randomUUID } from 'node:crypto';
import { connectAmqp, Framer } from '@vsmcp/nervous-system';
import { openLog, realClock } from '@vsmcp/service';
import { CLOUDEVENTS_JSON } from '@vsmcp/vsm';
import { until } from '../../support/until.js';
import { reading } from './sample.js';

/** Publishes so many events, in frames or one a message, each confirmed; at most so many are under way. */
const [url = '', path = '', count = '', how = ''] = process.argv.slice(2);
const AHEAD = how === 'frames' ? 20_000 : 1000;

const bus = await connectAmqp({
  ...{ url, path, party: 'world', instance: 'world-publisher', heartbeat: 5000 },
  ...{ clock: realClock, ids: randomUUID, log: openLog('silent') },
});
await until(() => bus.health().ok, { what: 'the transport' });
const framer = new Framer({ publish: (message) => bus.publish(message), clock: realClock });
const encoder = new TextEncoder();
let under: Promise<void>[] = [];
for (let n = 0; n < Number(count); n++) {
  const event = reading(n, Date.now());
  if (how === 'frames') under.push(framer.add(event));
  else {
    const content = encoder.encode(JSON.stringify(event));
    const to = { channel: 'environment', key: event.type, id: event.id } as const;
    under.push(bus.publish({ ...to, content, contentType: CLOUDEVENTS_JSON }));
  }
  if (under.length >= AHEAD) {
    // Half of them, so that the others are under way meanwhile.
    await Promise.all(under.splice(0, AHEAD / 2));
  }
}
await framer.flush();
await Promise.all(under);
under = [];
await bus.close();
