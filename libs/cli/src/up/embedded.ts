import { randomUUID } from 'node:crypto';
import { openMemoryBroker } from '@vsmcp/nervous-system';
import {
  amqpConnect,
  type ConnectMember,
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
import { reasonOf } from '@vsmcp/vsm';
import type { Part } from './fleet-parts.js';
import type { UpSettings } from './settings.js';
import type { Child } from './supervisor.js';

/** A fleet in this process. */
export interface EmbeddedFleet {
  config: FleetConfig;
  parts: readonly Part[];
  /** The prefix of its services' names: empty for the outermost, `vsm.west/` for one below. */
  prefix: string;
  home: string;
  dataDir: string;
  state: State;
  log: Log;
}

export interface EmbeddedOptions {
  /** Of the outermost fleet. */
  config: FleetConfig;
  settings: UpSettings;
}

/**
 * The services as children of this process: those of a fleet share its state, and without a broker all share one in
 * memory. /health, /ready and /metrics are served for all of them together.
 */
export async function embeddedChildren(
  fleets: readonly EmbeddedFleet[],
  options: EmbeddedOptions,
): Promise<{ children: Child[]; services(): Record<string, Readiness>; close(): Promise<void> }> {
  const { settings } = options;
  const metrics = openMetrics();
  const { connectMember, close } = transport(options);
  const readiness = new Map<string, () => Readiness>(
    fleets.flatMap(({ parts, prefix }) => parts.map(({ service }) => [prefix + service.system, () => STARTING])),
  );
  const services = () => Object.fromEntries([...readiness].map(([system, read]) => [system, read()]));
  const health = await openHealth({ ...settings.metrics, services, ...(settings.telemetry && { metrics }) });
  return {
    children: fleets.flatMap((fleet) =>
      fleet.parts.map((part) => child(part, fleet, options, { metrics, connectMember, readiness })),
    ),
    services,
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
  connectMember: ConnectMember;
  readiness: Map<string, () => Readiness>;
}

function transport({ settings, config }: EmbeddedOptions): { connectMember: ConnectMember; close: () => void } {
  const over = (url: string): ConnectMember => amqpConnect(url, { config, runtime: settings });
  const url = settings.amqpUrl;
  if (url !== undefined) return { connectMember: over(url), close: () => {} };
  const memory = openMemoryBroker({ clock: realClock, ids: randomUUID });
  return {
    connectMember: async (member, broker) =>
      broker === undefined ? memory.connect(member) : over(broker)(member, broker),
    close: () => memory.close(),
  };
}

function child(
  { service }: Part,
  fleet: EmbeddedFleet,
  { settings }: EmbeddedOptions,
  { metrics, connectMember, readiness }: Shared,
): Child {
  const { config, home, dataDir, state, log, prefix } = fleet;
  const { system } = service;
  const name = prefix + system;
  const instance = instanceName(system, settings.node);
  // Fleets of one process have their own figures.
  const own: ProcessMetrics = prefix === '' ? metrics : { ...metrics, of: (of) => metrics.of(prefix + of) };
  return {
    name,
    async start(stopping) {
      const member = { path: config.path, party: system, instance, log: log.child({ system, instance }) };
      const bus = await connectMember(member, undefined);
      const open = openContext({
        system,
        instance,
        config,
        home,
        dataDir,
        bus,
        state,
        log,
        connectMember,
        metrics: own,
      });
      readiness.set(name, () => open.readiness());
      const stop = async (within: number) => {
        await open.stop(Math.min(within, config.settings.drain));
        await bus.close();
      };
      // A start that waits for a broker rejects when its connection is closed.
      const giveUp = () =>
        void bus.close().catch((error: unknown) => log.warn({ error }, `the bus did not close: ${reasonOf(error)}`));
      stopping.addEventListener('abort', giveUp);
      try {
        await open.start(service);
        stopping.throwIfAborted();
      } catch (error) {
        await stop(stopping.aborted ? 0 : config.settings.drain);
        throw error;
      } finally {
        stopping.removeEventListener('abort', giveUp);
      }
      return { ended: new Promise<never>(() => {}), stop, kill: () => {} };
    },
  };
}
