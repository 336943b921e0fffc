import { randomInt, randomUUID } from 'node:crypto';
import { type Member, type NervousSystem, openSigner } from '@vsmcp/nervous-system';
import { type Clock, type Ids, type Random, type System, VsmError, word } from '@vsmcp/vsm';
import { realClock } from '../clock.js';
import type { FleetConfig } from '../config/schema.js';
import { type LeadershipOptions, openLeaderships } from '../leadership/open.js';
import { shown } from '../leadership/shown.js';
import type { Log } from '../log.js';
import { watchRefusals } from '../messages/refusals.js';
import type { ProcessMetrics } from '../metrics/metrics.js';
import type { Service, ServiceContext } from '../service.js';
import type { State } from '../state.js';
import { metered } from '../telemetry/metered-bus.js';
import { traced } from '../telemetry/traced-bus.js';
import { watchDatabase } from './database-check.js';
import { beatEvery, Presence, type Readiness } from './presence.js';
import { talking } from './talking.js';
import { VitalsMeter } from './vitals.js';

/** The parts that a service is opened on: several may share the state, the metrics and, behind the bus, one broker. */
export interface ContextOptions {
  system: System;
  /** One word of a routing key, unlike that of any other service of the fleet: see `instanceName`. */
  instance: string;
  config: FleetConfig;
  home: string;
  dataDir: string;
  /** Connected as this system and instance. */
  bus: NervousSystem;
  state: State;
  log: Log;
  metrics: ProcessMetrics;
  version?: string;
  clock?: Clock;
  ids?: Ids;
  random?: Random;
  /**
   * Milliseconds between heartbeats, and between looks whether the database is there (as often as the heart beats,
   * unless said).
   */
  heartbeat?: number;
  databaseCheck?: number;
  leadership?: Pick<LeadershipOptions, 'ttl' | 'renew' | 'margin' | 'monotonic' | 'now'>;
  /** How a fleet below is reached; where it is absent, there is none. */
  connectMember?: ConnectMember;
}

export type ConnectMember = (member: Member, broker: string | undefined) => Promise<NervousSystem>;

export interface OpenContext {
  readonly context: ServiceContext;
  readiness(): Readiness;
  /** Starts a service in this context. From then on it is ready when its checks are. */
  start(service: Service): Promise<void>;
  /**
   * Says that it drains, stops the service, gives its leases back, and drains the bus within `ms`. The bus stays open.
   */
  stop(ms: number): Promise<void>;
}

export const VERSION = '0.1.0';
const HEARTBEAT = 2000;

/** `s1-host-4711`: the same node may run several systems, each with its own instance. */
export function instanceName(system: System, node: string): string {
  return word(`${system}-${node}`);
}

/** Makes a service's context. Nothing starts but the heartbeat. */
export function openContext(options: ContextOptions): OpenContext {
  const { system, instance, config, home, dataDir, state, clock = realClock, version = VERSION } = options;
  const ids = options.ids ?? randomUUID;
  const log = options.log.child({ system, instance });
  const speaker = { path: config.path, system, instance };
  const interval = options.heartbeat ?? HEARTBEAT;
  const presence = new Presence({ system, instance, version, started: clock.now(), every: interval });
  const metrics = options.metrics.of(system);
  const bus = metered(traced(options.bus, config.path, { system, instance }), metrics, clock);
  // The holder is not the instance's name alone: after a restart its own old lease must lapse like anybody's.
  const holder = `${instance}/${ids()}`;
  const leaderships = openLeaderships(state.database, { holder, clock, log, ...options.leadership });
  const context: ServiceContext = {
    ...state,
    system,
    instance,
    config,
    home,
    dataDir,
    clock,
    ids,
    log,
    metrics,
    bus,
    leaderships: shown(leaderships, metrics),
    random: options.random ?? (() => randomInt(2 ** 32) / 2 ** 32),
    ...talking({ bus, speaker, state, clock, ids, log, metrics }),
    connectChild: childConnector(options.connectMember, instance, log),
    check: (name, check) => presence.check(name, check),
    leadershipState: (where) => presence.leadershipState(where),
  };

  const { stopBeating, stopWatching } = watchItself(context, presence, interval, options.databaseCheck ?? interval);
  let stopService = async () => {};

  return {
    context,
    readiness: () => presence.readiness(),
    async start(service) {
      stopService = await service.start(context);
      presence.started();
    },
    async stop(ms) {
      const until = clock.now() + ms;
      presence.leadershipState({ state: 'draining' });
      stopBeating();
      try {
        await stopService();
      } finally {
        await leaderships.stop();
        await bus.drain(Math.max(0, until - clock.now()));
        stopWatching();
      }
    },
  };
}

/** The checks, figures and heartbeat that every service has. Times in ms. */
function watchItself(context: ServiceContext, presence: Presence, interval: number, databaseCheck: number) {
  const { bus, clock, config, metrics } = context;
  const database = watchDatabase(context.database, clock, databaseCheck);
  presence.check('broker', () => bus.health());
  presence.check('database', database.check);
  const ready = metrics.gauge('vsmcp_ready', '1 while all checks of /ready hold');
  metrics.before(() => ready.set(presence.readiness().ready ? 1 : 0));
  const vitals = new VitalsMeter();
  const stopBeat = beatEvery(context, () => ({ ...presence.beat(), vitals: vitals.read() }), interval);
  return {
    stopBeating() {
      stopBeat();
      vitals.close();
      database.stop();
    },
    stopWatching: watchRefusals({ ...context, path: config.path }),
  };
}

/** Connects to fleets below, where the process knows how. */
function childConnector(
  connectMember: ConnectMember | undefined,
  instance: string,
  log: Log,
): ServiceContext['connectChild'] {
  return async ({ path, broker, cookie }) => {
    if (!connectMember) throw new VsmError('VSM_CONFIG', `${path} cannot be reached from here: nothing says how`);
    const signer = cookie === undefined ? undefined : openSigner(cookie);
    return connectMember({ path, party: 'parent', instance, log: log.child({ below: path }), signer }, broker);
  };
}
