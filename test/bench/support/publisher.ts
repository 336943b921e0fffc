import { randomUUID } from 'node:crypto';
import { connectAmqp, Framer } from '@vsmcp/nervous-system';
import { openLog, realClock } from '@vsmcp/service';
import { CLOUDEVENTS_JSON, type CloudEvent } from '@vsmcp/vsm';
import { until } from '../../support/until.js';
import { reading } from './sample.js';

/** Publishes so many events, in frames or one a message, each confirmed; at most so many messages are under way. */
const [url = '', path = '', count = '', how = ''] = process.argv.slice(2);
const AHEAD = how === 'frames' ? 20 : 1000;
const POOL = 50_000;

const bus = await connectAmqp({
  ...{ url, path, party: 'world', instance: 'world-publisher', heartbeat: 5000 },
  ...{ clock: realClock, ids: randomUUID, log: openLog('silent') },
});
await until(() => bus.health().ok, { what: 'the transport' });
const framer = new Framer({ publish: (message) => bus.publish(message), clock: realClock });
const encoder = new TextEncoder();
/** Made before: how fast events can be thought of is not what is measured. */
const events = Array.from({ length: POOL }, (_, n) => reading(n, Date.now() + (n >> 8)));
let under: Promise<void>[] = [];
let last: Promise<void> | undefined;
for (let n = 0; n < Number(count); n++) {
  const event = events[n % POOL] as CloudEvent;
  if (how === 'frames') {
    // All events of a frame have one promise.
    const sent = framer.add(event);
    if (sent !== last) under.push(sent);
    last = sent;
  } else {
    const content = encoder.encode(JSON.stringify(event));
    const to = { channel: 'environment', key: event.type, id: event.id } as const;
    under.push(bus.publish({ ...to, content, contentType: CLOUDEVENTS_JSON }));
  }
  // Half of them, so that the others are under way meanwhile.
  if (under.length >= AHEAD) await Promise.all(under.splice(0, AHEAD / 2));
}
await framer.flush();
await Promise.all(under);
under = [];
await bus.close();
