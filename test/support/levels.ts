import { randomUUID } from 'node:crypto';
import { openMcpHost } from '@vsmcp/mcp';
import { type MemoryBroker, openMemoryBroker } from '@vsmcp/nervous-system';
import { type FleetConfigInput, realClock, type Service } from '@vsmcp/service';
import { CHANNEL_NAMES, type Channel, CloudEvent } from '@vsmcp/vsm';
import { consciousness } from '../../services/consciousness/src/index.js';
import { openSystem1 } from '../../services/system1-operations/src/index.js';
import { system2 } from '../../services/system2-coordination/src/index.js';
import { system3 } from '../../services/system3-control/src/index.js';
import { system4 } from '../../services/system4-intelligence/src/index.js';
import { system5 } from '../../services/system5-policy/src/index.js';
import { CACHE } from './cache.js';
import { openFleet } from './fleet.js';

/** All systems of a fleet but the gateway. */
export function wholeFleet(): Service[] {
  const system1 = openSystem1({ openHost: ({ log, clock }) => openMcpHost({ dataDir: CACHE, log, clock }) });
  return [consciousness, system2, system1, system3, system5, system4];
}

/** Fleets on one broker in memory, the innermost started first. Each has a database of its own. */
export async function openLevels(t: { after(fn: () => Promise<void>): void }, configs: readonly FleetConfigInput[]) {
  const broker = openMemoryBroker({ clock: realClock, ids: randomUUID });
  const fleets: Awaited<ReturnType<typeof openFleet>>[] = [];
  t.after(async () => {
    for (const fleet of fleets) await fleet.stop();
    broker.close();
  });
  for (const config of [...configs].reverse()) {
    fleets.unshift(await openFleet({ services: wholeFleet(), config, broker }));
  }
  return { broker, fleets };
}

/** Messages of any channel of a fleet. */
export interface Said {
  channel: Channel;
  key: string;
  type: string;
  text: string;
}

/** Hears all exchanges of the fleet at `path`, as nobody inside can. */
export function overhear(broker: MemoryBroker, path: string): Said[] {
  const said: Said[] = [];
  for (const channel of CHANNEL_NAMES) {
    broker.own(path, channel, ['#'], 100_000).consume(
      (_, message) => {
        const { key, content } = message.content;
        const text = Buffer.from(content).toString();
        const event = CloudEvent.safeParse(JSON.parse(text));
        said.push({ channel, key, type: event.success ? event.data.type : '', text });
      },
      { noAck: true, prefetch: 1000 },
    );
  }
  return said;
}
