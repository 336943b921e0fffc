import { DONE, type NervousSystem, openMemoryBroker } from '@vsmcp/nervous-system';
import {
  type Embedded,
  type FleetConfig,
  instanceName,
  type Log,
  openContext,
  openMetrics,
  openState,
  type PainRows,
  type Service,
  type ServiceContext,
  type Signal,
  type State,
} from '@vsmcp/service';
import { CLOUDEVENTS_JSON, CloudEvent, type DataOf, Outcome, type System } from '@vsmcp/vsm';
import type { Chance } from './chance.js';
import { passUntil } from './drive.js';
import type { VirtualClock } from './virtual-clock.js';

const NODE = 'lab';
/** Folders that are named and never used: in the lab nothing is read from or written to a disk. */
const NOWHERE = '/lab';
/**
 * ms between heartbeats, and between looks whether the database is there, which is in this process: nobody vanishes
 * here unseen.
 */
const HEARTBEAT = 60_000;
const DATABASE_CHECK = 86_400_000;
/** ms. One instance of each system, which never vanishes: its leases need not be renewed every second. */
const LEASES = { ttl: 3_600_000, renew: 1_200_000, margin: 60_000 };

export interface LabFleetOptions {
  config: FleetConfig;
  /** Started in this order, stopped in the reverse. */
  services: readonly Service[];
  /** Empty. */
  database: Embedded;
  clock: VirtualClock;
  chance: Chance;
  log: Log;
  /** Told of each outcome as it is said. */
  outcome(said: DataOf<typeof Outcome>): void;
}

export interface LabFleet {
  readonly state: State;
  /** A context that speaks as the gateway. */
  readonly gateway: ServiceContext;
  /** Publishes as anybody outside could. */
  publish(id: string, type: string, data: unknown): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the services of a fleet in this process, on virtual time: in-memory transport, in-memory database, counted
 * ids.
 */
export async function openLabFleet(options: LabFleetOptions): Promise<LabFleet> {
  const { config, services, database, clock, chance, log } = options;
  const metrics = openMetrics();
  const broker = openMemoryBroker({ clock, ids: counted('bus') });
  const state = { ...(await openState(database, config.path, clock)), pain: painInMemory() };

  const open = (system: System) => {
    const instance = instanceName(system, NODE);
    return openContext({
      system,
      instance,
      config,
      home: NOWHERE,
      dataDir: NOWHERE,
      state,
      log,
      metrics,
      clock,
      bus: broker.connect({ path: config.path, party: system, instance, log }),
      ids: counted(system),
      heartbeat: HEARTBEAT,
      databaseCheck: DATABASE_CHECK,
      random: chance(`service ${system}`),
      leadership: { ...LEASES, monotonic: () => clock.now(), now: () => clock.now() },
    });
  };

  const world = broker.connect({ path: config.path, party: 'world', instance: 'world', log });
  await hearOutcomes(world, options.outcome);

  const gateway = open('gateway');
  const running: Opened[] = [];
  const stop = async () => {
    const stopping = stopAll([...running].reverse(), gateway, config.settings.drain);
    await passUntil(
      clock,
      stopping.then(() => world.close()),
    );
    broker.close();
    metrics.close();
  };

  try {
    await passUntil(clock, gateway.start({ system: 'gateway', start: async () => async () => {} }));
    for (const service of services) {
      const opened = open(service.system);
      running.push(opened);
      await passUntil(clock, opened.start(service));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    state,
    gateway: gateway.context,
    stop,
    publish: (id, type, data) => publish(world, { id, type, data, time: new Date(clock.now()).toISOString() }),
  };
}

type Opened = ReturnType<typeof openContext>;

async function stopAll(running: readonly Opened[], gateway: Opened, drain: number): Promise<void> {
  for (const service of running) await service.stop(drain);
  await gateway.stop(1000);
  for (const { context } of [...running, gateway]) await context.bus.close();
}

async function publish(world: NervousSystem, said: { id: string; type: string; time: string; data: unknown }) {
  const event: CloudEvent = { specversion: '1.0', source: '/lab', ...said };
  const content = Buffer.from(JSON.stringify(event));
  const { type: key, id } = said;
  await world.publish({ channel: 'environment', key, content, contentType: CLOUDEVENTS_JSON, id });
}

function hearOutcomes(world: NervousSystem, told: LabFleetOptions['outcome']) {
  return world.subscribe(
    { queue: { own: true, channel: 'outcome', bind: ['#'] }, prefetch: 1000 },
    async (delivery) => {
      const event = CloudEvent.parse(JSON.parse(Buffer.from(delivery.content).toString()));
      told(Outcome.data.parse(event.data));
      return DONE;
    },
  );
}

/** Where pain is written down that the broker does not take; this one takes all. */
function painInMemory(): PainRows {
  const rows = new Map<string, Signal>();
  return {
    async put(id, signal) {
      rows.set(id, signal);
    },
    async drain(handle) {
      const all = [...rows];
      for (const [id, signal] of all) {
        await handle(id, signal);
        rows.delete(id);
      }
      return all.length;
    },
  };
}

/** Ids that the next run gives alike. */
function counted(name: string): () => string {
  let n = 0;
  return () => `${name}-${++n}`;
}
