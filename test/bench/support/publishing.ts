import { Framer, type NervousSystem } from '@vsmcp/nervous-system';
import { realClock } from '@vsmcp/service';
import { CLOUDEVENTS_JSON, type CloudEvent } from '@vsmcp/vsm';
import { reading } from './sample.js';

export type How = 'frames' | 'single';

/** Messages under way at most. */
const AHEAD: Record<How, number> = { frames: 64, single: 1000 };
const POOL = 50_000;

/** Publishes so many events, in frames or one a message; resolves when each is confirmed. */
export async function publishEvents(bus: NervousSystem, count: number, how: How): Promise<void> {
  const framer = new Framer({ publish: (message) => bus.publish(message), clock: realClock });
  const encoder = new TextEncoder();
  const events = pool();
  const ahead = AHEAD[how];
  const under: Promise<void>[] = [];
  let last: Promise<void> | undefined;
  for (let n = 0; n < count; n++) {
    const event = events[n % POOL];
    if (event === undefined) throw new Error('there are fewer events than there should be');
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
    if (under.length >= ahead) await Promise.all(under.splice(0, ahead / 2));
  }
  await framer.flush();
  await Promise.all(under);
}

let made: readonly CloudEvent[] | undefined;

/** Made before: how fast events can be thought of is not what is measured. */
function pool(): readonly CloudEvent[] {
  made ??= Array.from({ length: POOL }, (_, n) => reading(n, Date.now() + (n >> 8)));
  return made;
}
