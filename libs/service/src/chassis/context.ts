import { randomInt, randomUUID } from 'node:crypto';
import { type Consumer, type Member, type NervousSystem, openSigner } from '@vsmcp/nervous-system';
import {
  Algedonic,
  type Clock,
  type Ids,
  QUEUES,
  type QueueName,
  type Random,
  type System,
  VsmError,
  word,
} from '@vsmcp/vsm';
import { realClock } from '../clock.js';
import type { FleetConfig } from '../config/schema.js';
import { type LeadershipOptions, openLeaderships } from '../leadership/open.js';
import { countLost, shown } from '../leadership/shown.js';
import type { Log } from '../log.js';
import { seal } from '../messages/envelope.js';
import { dispatch, durable, queueOf } from '../messages/hear.js';
import { hurt } from '../messages/hurt.js';
import { answerOne, ask } from '../messages/questions.js';
import { watchRefusals } from '../messages/refusals.js';
import type { ProcessMetrics } from '../metrics/metrics.js';
import type { Service, ServiceContext } from '../service.js';
import type { State } from '../state.js';
import { metered } from '../telemetry/metered-bus.js';
import { traced } from '../telemetry/traced-bus.js';
import { watchDatabase } from './database-check.js';
import { beatEvery, Presence, type Readiness } from './presence.js';
import { VitalsMeter } from './vitals.js';

/** What a service is opened on: several may share the state, the metrics and, behind the bus, one broker. */
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
  /** Milliseconds between heartbeats, and between looks whether the database is there (as often as the heart beats, unless said). */
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
  /** Says that it drains, stops the service, gives its leases back, and drains the bus within `ms`. The bus stays open. */
  stop(ms: number): Promise<void>;
}

export const VERSION = '0.1.0';
const HEARTBEAT = 2000;
/** Deliveries handled at once where a hearing does not say. */
const PREFETCH = 32;

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
  const leaderships = openLeaderships(state.database, {
    ...{ holder, clock, log, lost: countLost(metrics) },
    ...options.leadership,
  });
  const around = { system, instance, clock, log, metrics, ledger: state.ledger };
  const asking = { bus, speaker, clock, ids, log };

  const saidAgain = async (lease: string, publish: () => Promise<void>): Promise<void> => {
    if (await leaderships.mayActAgain(lease)) return publish();
    throw new VsmError(
      'VSM_EPOCH',
      `${lease} may be led by another now, this instance says no more for it: campaign again`,
    );
  };

  const context: ServiceContext = {
    ...{ system, instance, config, home, dataDir, clock, ids, log, metrics, bus },
    ...{
      database: state.database,
      ledger: state.ledger,
      journal: state.journal,
      capabilities: state.capabilities,
      units: state.units,
      pain: state.pain,
    },
    leaderships: shown(leaderships, metrics),
    random: options.random ?? (() => randomInt(2 ** 32) / 2 ** 32),
    say(kind, key, data, { id = ids(), cause, trace, mandatory } = {}) {
      const sealed = seal(speaker, { id, kind: kind.kind, at: clock.now(), data, cause, trace });
      const message = { channel: kind.channel, key, ...sealed, ...(mandatory && { mandatory }) };
      // What only a leader says is not said by one that was stopped for a while and may have a successor.
      if (kind.from === system && !leaderships.mayAct(system)) return saidAgain(system, () => bus.publish(message));
      const signal = kind.channel === 'algedonic' ? Algedonic.data.safeParse(data) : undefined;
      if (signal?.success) return hurt({ bus, pain: state.pain, clock, log }, { ...message, id }, signal.data);
      return bus.publish(message);
    },
    hear(from, on, { prefetch = PREFETCH } = {}) {
      return bus.subscribe({ queue: queueOf(from), prefetch }, (delivery) => dispatch(around, on, delivery));
    },
    ask: (name, data, how) => ask(asking, name, data, how),
    async answer(answers) {
      const shared: string = `${system}.query`;
      const common = isQueue(shared) ? [shared] : [];
      const own = { own: true, channel: 'query', bind: [`${system}.${instance}.*`] } as const;
      const consumers: Consumer[] = [];
      for (const queue of [own, ...common.map(durable)]) {
        consumers.push(
          await bus.subscribe({ queue, prefetch: PREFETCH }, (delivery) => answerOne(asking, answers, delivery)),
        );
      }
      return {
        async stop() {
          await Promise.all(consumers.map((consumer) => consumer.stop()));
        },
      };
    },
    async connectChild({ path, broker, cookie }) {
      const reach = options.connectMember;
      if (!reach) throw new VsmError('VSM_CONFIG', `${path} cannot be reached from here: nothing says how`);
      const signer = cookie === undefined ? undefined : openSigner(cookie);
      return reach({ path, party: 'parent', instance, log: log.child({ below: path }), signer }, broker);
    },
    check: (name, check) => presence.check(name, check),
    leadershipState: (where) => presence.leadershipState(where),
  };

  const database = watchDatabase(state.database, clock, options.databaseCheck ?? interval);
  presence.check('broker', () => bus.health());
  presence.check('database', database.check);
  const ready = metrics.gauge('vsmcp_ready', '1 while all checks of /ready hold');
  metrics.before(() => ready.set(presence.readiness().ready ? 1 : 0));
  const vitals = new VitalsMeter();
  const stopBeating = beatEvery(context, () => ({ ...presence.beat(), vitals: vitals.read() }), interval);
  const stopWatching = watchRefusals({ ...context, path: config.path });
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
      vitals.close();
      database.stop();
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

function isQueue(name: string): name is QueueName {
  return name in QUEUES;
}
