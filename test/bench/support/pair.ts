import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAmqp, type Member, type NervousSystem, openMemoryBroker } from '@vsmcp/nervous-system';
import {
  type Database,
  FleetConfig,
  type FleetConfigInput,
  instanceName,
  openContext,
  openLog,
  openMetrics,
  openState,
  realClock,
  type Service,
} from '@vsmcp/service';
import { type Party, topology } from '@vsmcp/vsm';
import amqp from 'amqplib';
import { openTestEmbedded } from '../../support/embedded.js';
import { until } from '../../support/until.js';

export interface Services {
  readonly path: string;
  /** Takes part as somebody else. */
  join(party: Party): Promise<NervousSystem>;
  stop(): Promise<void>;
}

export interface More {
  config?: FleetConfigInput;
  /** Where the state is; an embedded database in memory unless given, and not closed here where it is. */
  database?: Database;
}

/**
 * Services on one transport: in memory, or on the broker at `url` under a path of their own that is removed from it
 * afterwards. Resolves when all are ready.
 */
export async function openServices(
  services: readonly Service[],
  settings: FleetConfigInput['settings'],
  url?: string,
  more: More = {},
): Promise<Services> {
  const path = `bench-${randomUUID().slice(0, 8)}`;
  const config = FleetConfig.parse({ path, ...more.config, settings });
  const home = await mkdtemp(join(tmpdir(), 'vsmcp-bench-'));
  const log = openLog('silent');
  const metrics = openMetrics();
  const database = more.database ?? (await openTestEmbedded());
  const state = await openState(database, path, realClock);
  const around = { clock: realClock, ids: randomUUID };
  const memory = url === undefined ? openMemoryBroker(around) : undefined;
  const connect = async (member: Member): Promise<NervousSystem> =>
    url === undefined || memory
      ? (memory ?? openMemoryBroker(around)).connect(member)
      : connectAmqp({ ...member, ...around, url, heartbeat: 5000 });
  const open: { context: ReturnType<typeof openContext>; bus: NervousSystem }[] = [];
  for (const [n, service] of services.entries()) {
    const { system } = service;
    const instance = instanceName(system, `bench${n}`);
    const bus = await connect({ path, party: system, instance, log });
    await until(() => bus.health().ok, { what: 'the transport' });
    const shared = { system, instance, config, home, dataDir: home, state, log, metrics };
    const context = openContext({ ...shared, bus, leadership: { ttl: 60_000, renew: 1000, margin: 1000 } });
    await context.start(service);
    open.push({ context, bus });
  }
  const joined: NervousSystem[] = [];
  return {
    path,
    async join(party) {
      const bus = await connect({ path, party, instance: `${party}-joined${joined.length}`, log });
      await until(() => bus.health().ok, { what: 'the transport' });
      joined.push(bus);
      return bus;
    },
    async stop() {
      for (const bus of joined) await bus.close();
      for (const { context, bus } of open.reverse()) {
        await context.stop(1000);
        await bus.close();
      }
      memory?.close();
      if (url !== undefined) await remove(url, path);
      if (more.database === undefined) await database.close();
      metrics.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function remove(url: string, path: string): Promise<void> {
  const { exchanges, queues } = topology(path);
  const connection = await amqp.connect(url);
  const channel = await connection.createChannel();
  for (const { name } of queues) await channel.deleteQueue(name);
  for (const { name } of exchanges) await channel.deleteExchange(name);
  await connection.close();
}
