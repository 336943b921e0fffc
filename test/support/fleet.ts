import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DONE, type MemoryBroker, type NervousSystem, openMemoryBroker, type Signer } from '@vsmcp/nervous-system';
import {
  type ConnectMember,
  type Database,
  FleetConfig,
  type FleetConfigInput,
  instanceName,
  type LogLevel,
  type OpenContext,
  openContext,
  openLog,
  openMetrics,
  openState,
  realClock,
  type Service,
  type ServiceContext,
  type State,
} from '@vsmcp/service';
import {
  type Answer,
  type Ask,
  CLOUDEVENTS_JSON,
  type CloudEvent,
  type DataOf,
  Outcome,
  type QuestionName,
} from '@vsmcp/vsm';
import { openTestEmbedded } from './embedded.js';
import { until } from './until.js';

export interface FleetOptions {
  /** Started in this order, stopped in the reverse. */
  services: readonly Service[];
  config?: FleetConfigInput;
  /** The fleet's folder; a temporary one that goes with the fleet when absent. */
  home?: string;
  /** VSMCP_TEST_LOG sets it too. */
  log?: LogLevel;
  /** ms: short ones make tests of loss quick. */
  heartbeat?: number;
  leadership?: { ttl: number; renew: number; margin: number };
  /** A broker that other fleets share; it stays open. */
  broker?: MemoryBroker;
  /** A database that outlives the fleet. */
  database?: Database;
  /** Joins a fleet otherwise than through a broker in memory: its own, and those below. */
  connectMember?: ConnectMember;
  /** The cookies that each system signs with; absent: nothing is signed. */
  signerOf?: (system: Service['system']) => Signer;
}

export interface Fleet {
  readonly home: string;
  readonly config: FleetConfig;
  readonly state: State;
  readonly broker: MemoryBroker;
  /** Outcomes from `vsm.outcome`, in the order in which they came. */
  readonly outcomes: readonly DataOf<typeof Outcome>[];
  /** Whoever is outside. */
  readonly world: NervousSystem;
  /** A context that speaks as the gateway. */
  readonly gateway: ServiceContext;
  /** The context of a started service. */
  context(service: Service): ServiceContext;
  /** Publishes as anybody outside could. @returns the event's id */
  publish(type: string, data: unknown, options?: { id?: string; source?: string }): Promise<string>;
  ask<N extends QuestionName>(
    name: N,
    data: Ask<N>,
    options?: { instance?: string; timeout?: number },
  ): Promise<Answer<N>>;
  until: typeof until;
  stop(): Promise<void>;
}

const PATH = 'vsm';

/** Starts services in this process: in-memory transport, in-memory database, real clock. */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'vsmcp-fleet-')));
  const config = FleetConfig.parse({ path: PATH, ...options.config });
  const log = openLog(options.log ?? levelOf(process.env.VSMCP_TEST_LOG));
  const metrics = openMetrics();
  const broker = options.broker ?? openMemoryBroker({ clock: realClock, ids: randomUUID });
  const connectMember: ConnectMember = options.connectMember ?? (async (member) => broker.connect(member));
  const database = options.database ?? (await openTestEmbedded());
  const state = await openState(database, config.path, realClock);

  const open = async (system: Service['system'], node: string) => {
    const instance = instanceName(system, node);
    const signer = options.signerOf?.(system);
    const bus = await connectMember({ path: config.path, party: system, instance, log, signer }, undefined);
    const { heartbeat, leadership } = options;
    const shared = { config, home, dataDir: join(home, '.vsmcp'), state, log, metrics };
    return openContext({
      system,
      instance,
      bus,
      connectMember,
      ...shared,
      ...(heartbeat !== undefined && { heartbeat }),
      ...(leadership !== undefined && { leadership }),
    });
  };

  const outcomes: DataOf<typeof Outcome>[] = [];
  const world = await connectMember({ path: config.path, party: 'world', instance: 'world', log }, undefined);
  await world.subscribe({ queue: { own: true, channel: 'outcome', bind: ['#'] }, prefetch: 1 }, async (delivery) => {
    const event: CloudEvent = JSON.parse(Buffer.from(delivery.content).toString());
    outcomes.push(Outcome.data.parse(event.data));
    return DONE;
  });

  const gateway = await open('gateway', 'test');
  const running = new Map<Service, OpenContext>();
  const stop = async () => {
    for (const context of [...running.values()].reverse()) await context.stop(config.settings.drain);
    await gateway.stop(1000);
    for (const context of [...running.values(), gateway]) await context.context.bus.close();
    await world.close();
    if (options.broker === undefined) broker.close();
    if (options.database === undefined) await database.close();
    metrics.close();
    if (options.home === undefined) await rm(home, { recursive: true, force: true });
  };

  try {
    for (const [i, service] of options.services.entries()) {
      const context = await open(service.system, `test${i}`);
      running.set(service, context);
      await context.start(service);
    }
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    home,
    config,
    state,
    broker,
    world,
    outcomes,
    until,
    stop,
    gateway: gateway.context,
    context(service) {
      const found = running.get(service);
      if (!found) throw new Error('this service is not part of the fleet');
      return found.context;
    },
    async publish(type, data, { id = randomUUID(), source = '/test' } = {}) {
      const event: CloudEvent = { specversion: '1.0', id, source, type, time: new Date().toISOString(), data };
      const content = Buffer.from(JSON.stringify(event));
      await world.publish({ channel: 'environment', key: type, content, contentType: CLOUDEVENTS_JSON, id });
      return id;
    },
    ask: (name, data, how) => gateway.context.ask(name, data, how),
  };
}

function levelOf(text: string | undefined): LogLevel {
  return text === 'debug' || text === 'info' || text === 'warn' || text === 'error' ? text : 'silent';
}
