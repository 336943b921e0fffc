import { randomUUID } from 'node:crypto';
import { connectAmqp, type Member, type NervousSystem, openMemoryBroker, openSigner } from '@vsmcp/nervous-system';
import {
  type FleetConfig,
  instanceName,
  type Log,
  openContext,
  openHealth,
  openMetrics,
  type ProcessMetrics,
  type Readiness,
  realClock,
  type State,
} from '@vsmcp/service';
import type { Part } from './fleet-parts.js';
import type { UpSettings } from './settings.js';
import type { Child } from './supervisor.js';

export interface EmbeddedOptions {
  config: FleetConfig;
  settings: UpSettings;
  state: State;
  log: Log;
}

/**
 * The services as children of this process: they share the state and, without a broker, one in memory. /health, /ready and /metrics
 * are served for all of them together.
 */
export async function embeddedChildren(
  parts: readonly Part[],
  options: EmbeddedOptions,
): Promise<{ children: Child[]; close(): Promise<void> }> {
  const { settings } = options;
  const metrics = openMetrics();
  const { connect, close } = transport(options);
  const readiness = new Map<string, () => Readiness>(parts.map(({ service }) => [service.system, () => STARTING]));
  const services = () => Object.fromEntries([...readiness].map(([system, read]) => [system, read()]));
  const health = await openHealth({ ...settings.metrics, services, ...(settings.telemetry && { metrics }) });
  return {
    children: parts.map((part) => child(part, options, { metrics, connect, readiness })),
    async close() {
      await health.close();
      close();
      metrics.close();
    },
  };
}

const STARTING: Readiness = { ready: false, trouble: { start: 'it is starting' } };

interface Shared {
  metrics: ProcessMetrics;
  connect: Connect;
  readiness: Map<string, () => Readiness>;
}

type Connect = (member: Member) => Promise<NervousSystem>;

function transport({ settings, config }: EmbeddedOptions): { connect: Connect; close: () => void } {
  const around = { clock: realClock, ids: randomUUID };
  const url = settings.amqpUrl;
  if (url !== undefined) {
    const heartbeat = config.settings.amqp_heartbeat;
    const pool = settings.amqpPoolSize;
    const declare = settings.amqpDeclare;
    const signer = settings.cookie.length > 0 ? openSigner(settings.cookie) : undefined;
    return {
      connect: (member) => connectAmqp({ ...member, ...around, url, heartbeat, declare, pool, signer }),
      close: () => {},
    };
  }
  // Nobody else can say anything there, so that nothing needs to be signed.
  const memory = openMemoryBroker(around);
  return { connect: async (member) => memory.connect(member), close: () => memory.close() };
}

function child({ service }: Part, options: EmbeddedOptions, { metrics, connect, readiness }: Shared): Child {
  const { config, settings, state, log } = options;
  const { home, dataDir, node } = settings;
  const { system } = service;
  const instance = instanceName(system, node);
  return {
    name: system,
    async start() {
      const bus = await connect({ path: config.path, party: system, instance, log: log.child({ system, instance }) });
      const open = openContext({ system, instance, config, home, dataDir, bus, state, log, metrics });
      readiness.set(system, () => open.readiness());
      const stop = async () => {
        await open.stop(config.settings.drain);
        await bus.close();
      };
      try {
        await open.start(service);
      } catch (error) {
        await stop();
        throw error;
      }
      return { ended: new Promise<never>(() => {}), stop, kill: () => {} };
    },
  };
}
