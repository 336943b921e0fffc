import { join, relative } from 'node:path';
import {
  type FleetConfig,
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
import { placesOf } from './places.js';
import { processChildren } from './processes.js';
import type { UpSettings } from './settings.js';
import type { Child } from './supervisor.js';
import { Whole } from './whole.js';

/** What the fleet stands on, and its services, not yet started. */
export interface Infrastructure {
  children: readonly Child[];
  /** For people: where messages and state are. */
  description: string;
  /** Closes what was opened for the services, once they have stopped. */
  close(): Promise<void>;
}

/** Opens the database and makes the services: in this process, or as processes of their own. */
export async function openInfrastructure(tree: FleetTree, settings: UpSettings): Promise<Infrastructure> {
  if (!settings.processes) return inThisProcess(tree, settings);
  const [inside] = tree.below;
  if (inside === undefined) return forProcesses(tree.config, settings);
  throw new VsmError(
    'VSM_USAGE',
    `unit ${inside.unit} is a file, which runs only in one process: leave --processes out, or start that fleet by itself and say system: { path: ${inside.config.path} }`,
  );
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

async function forProcesses(config: FleetConfig, settings: UpSettings): Promise<Infrastructure> {
  const served = settings.databaseUrl ? undefined : await serveEmbedded({ folder: databaseFolder(settings) });
  const database = settings.databaseUrl ?? served?.url ?? '';
  const metrics = openMetrics();
  try {
    const whole = new Whole(metrics);
    const answersAt = (name: string, url: string | undefined) => whole.answersAt(name, url);
    const { drain } = config.settings;
    const children = processChildren(PARTS, settings, { database, drain, env: process.env, answersAt });
    for (const { name } of children) whole.answersAt(name, undefined);
    const health = await openHealth({
      ...settings.metrics,
      services: () => whole.services(),
      ...(settings.telemetry && { metrics: whole }),
    });
    return {
      children,
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
