import { join, relative } from 'node:path';
import {
  openEmbedded,
  openHealth,
  openLog,
  openMetrics,
  openPostgres,
  serveEmbedded,
  startTelemetry,
  VERSION,
} from '@vsmcp/service';
import { VsmError } from '@vsmcp/vsm';
import type { FleetTree } from '../config/tree.js';
import { embeddedChildren } from './embedded.js';
import { PARTS } from './fleet-parts.js';
import { lookOutside, untilDatabase } from './outside.js';
import { placesOf } from './places.js';
import { processChildren } from './processes.js';
import type { UpSettings } from './settings.js';
import type { Child } from './supervisor.js';
import { Whole } from './whole.js';

/** The ground of the fleet (database, broker, telemetry), and its services, not yet started. */
export interface Infrastructure {
  children: readonly Child[];
  /** The thing outside of the fleet that services wait for, and the mend; undefined when there is none. */
  waitsFor(): Promise<string | undefined>;
  /** For people: where messages and state are. */
  description: string;
  /** Closes what was opened for the services, once they have stopped. */
  close(): Promise<void>;
}

/** How long opening may take, and who hears of it. */
export interface Opening {
  /** Ends a wait for a database that is away. */
  signal: AbortSignal;
  waitsFor(what: string): void;
}

/** Opens the database and makes the services: in this process, or as processes of their own. */
export async function openInfrastructure(
  tree: FleetTree,
  settings: UpSettings,
  { signal, waitsFor }: Opening,
): Promise<Infrastructure> {
  const [inside] = tree.below;
  if (settings.processes && inside !== undefined) {
    throw new VsmError(
      'VSM_USAGE',
      `unit ${inside.unit} is a file, which runs only in one process: leave --processes out, or start that fleet by itself and say system: { path: ${inside.config.path} }`,
    );
  }
  if (settings.databaseUrl !== undefined) await untilDatabase(settings.databaseUrl, signal, waitsFor);
  return settings.processes ? forProcesses(settings) : inThisProcess(tree, settings);
}

async function inThisProcess(tree: FleetTree, settings: UpSettings): Promise<Infrastructure> {
  const { config } = tree;
  const log = openLog(settings.logLevel, {}, join(settings.dataDir, 'logs', 'fleet.log'));
  const database = settings.databaseUrl
    ? openPostgres(settings.databaseUrl, { log })
    : await openEmbedded({ folder: databaseFolder(settings) });
  try {
    const fleets = await placesOf(tree, { settings, database, log });
    const about = { service: 'vsmcp', namespace: config.path, instance: settings.node, version: VERSION };
    const telemetry = await startTelemetry({ traces: settings.traces, ...about, log });
    const embedded = await embeddedChildren(fleets, { config, settings });
    return {
      children: embedded.children,
      waitsFor: lookOutside(async () => embedded.services(), settings),
      description: `one process${fleets.length > 1 ? ` · ${fleets.length} fleets: ${fleets.map((fleet) => fleet.config.path).join(', ')}` : ''} · messages ${settings.amqpUrl ? 'over AMQP' : 'in memory'} · state in ${place(settings)}`,
      async close() {
        await embedded.close();
        await telemetry.stop();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function forProcesses(settings: UpSettings): Promise<Infrastructure> {
  const served = settings.databaseUrl ? undefined : await serveEmbedded({ folder: databaseFolder(settings) });
  const database = settings.databaseUrl ?? served?.url ?? '';
  const metrics = openMetrics();
  try {
    const whole = new Whole(metrics);
    const answersAt = (name: string, url: string | undefined) => whole.answersAt(name, url);
    const children = processChildren(PARTS, settings, { database, env: process.env, answersAt });
    for (const { name } of children) whole.answersAt(name, undefined);
    const health = await openHealth({
      ...settings.metrics,
      services: () => whole.services(),
      ...(settings.telemetry && { metrics: whole }),
    });
    return {
      children,
      waitsFor: lookOutside(() => whole.services(), settings),
      description: `${children.length} processes · messages over AMQP · state in ${place(settings)}`,
      async close() {
        await health.close();
        metrics.close();
        await served?.close();
      },
    };
  } catch (error) {
    metrics.close();
    await served?.close();
    throw error;
  }
}

function databaseFolder({ dataDir }: UpSettings): string {
  return join(dataDir, 'database');
}

function place(settings: UpSettings): string {
  return settings.databaseUrl ? 'PostgreSQL' : relative(process.cwd(), databaseFolder(settings));
}
