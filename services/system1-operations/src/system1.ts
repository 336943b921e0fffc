import { openMcpHost, type ServerLauncher } from '@vsmcp/mcp';
import { consumers, type Service, type ServiceContext } from '@vsmcp/service';
import { PARTITION_QUEUES, QUEUES } from '@vsmcp/vsm';
import { choresOf } from './control/chores.js';
import { hearCommands } from './control/commands.js';
import { answersOf } from './control/questions.js';
import { reliever } from './control/release.js';
import { reportLoad } from './control/report.js';
import { Upkeep } from './control/upkeep.js';
import { watchSilence } from './control/watch.js';
import { drainDead } from './intake/dead.js';
import { orderedHandler } from './intake/ordered.js';
import { workHandler } from './intake/work.js';
import { openParts, type Parts } from './parts.js';
import { systemsOf } from './recursion/systems.js';
import { watchDials } from './servers/dials.js';
import { hearProbes } from './settling/evidence.js';

export interface System1Options {
  /** The launcher of MCP servers; by default it confines them as well as this machine can. */
  openHost?: (context: ServiceContext) => Promise<ServerLauncher>;
  /**
   * How many times longer than usual it waits from one chore of upkeep to the next: where nothing is lost, little is
   * left behind.
   */
  slowerUpkeep?: number;
}

/**
 * System 1, operations: units answer events with tools. Listens to the environment (`intake/work.ts`), to what other
 * replicas hand over, to System 3's commands (`control/commands.ts`) and probes (`settling/evidence.ts`), to System 2's
 * grants (`handling/claims.ts`) and to questions (`control/questions.ts`); says outcomes (`settling/settling.ts`), loads
 * (`control/report.ts`), the state of its servers (`servers/`) and pain. What is done with an event is decided in
 * `deciding/`: `matching.ts`, `disposition.ts` and `outcome.ts`.
 */
export function openSystem1({ openHost = defaultHost, slowerUpkeep }: System1Options = {}): Service {
  return { system: 's1', start: async (context) => start(context, await openHost(context), slowerUpkeep) };
}

export const system1: Service = openSystem1();

function defaultHost(context: ServiceContext): Promise<ServerLauncher> {
  const { config, dataDir, log, clock } = context;
  const limits = { private: config.policy.private, disk: config.settings.server_disk };
  return openMcpHost({ dataDir, log, clock, ...limits, watchDial: watchDials(context) });
}

async function start(
  context: ServiceContext,
  host: ServerLauncher,
  slowerUpkeep?: number,
): Promise<() => Promise<void>> {
  const drain = new AbortController();
  const end = new AbortController();
  const parts = openParts(context, host, { draining: drain.signal, ending: end.signal });
  const { border, servers, tally, bulkhead, track } = parts;
  const silence = watchSilence(context, parts.catalog, track);
  const upkeep: Upkeep = new Upkeep(
    context,
    choresOf(context, parts, () => silence.update()),
    slowerUpkeep,
  );
  const listening = await listen(context, parts, upkeep).catch(async (error: unknown) => {
    drain.abort(error);
    await border.stop();
    await servers.stop();
    throw error;
  });
  await silence.update();
  const stopReports = reportLoad(context, tally, bulkhead, track);
  upkeep.start();

  return async () => {
    upkeep.stop();
    drain.abort(new Error('the service drains'));
    // Calls under way may end; when their time is over their servers go, and they end in retry or doubt.
    const late = context.clock.after(context.config.settings.drain, () => {
      track(servers.stop());
      end.abort(new Error('the service stops'));
    });
    await Promise.all([listening.events.stop(), servers.drain(), silence.stop(), upkeep.idle()]);
    // Events that a command claimed back last are among them.
    await parts.sweep.idle();
    await border.stop();
    await servers.stop();
    late();
    end.abort(new Error('the service has stopped'));
    await listening.grants();
    stopReports();
  };
}

/** Begins to hear, after units and servers are known: what an event meets is there when it comes. */
async function listen(context: ServiceContext, parts: Parts, upkeep: Upkeep) {
  const { bus, config } = context;
  const grants = await parts.claims.start();
  await parts.live.start();
  await parts.border.open(systemsOf(config, process.env));
  await upkeep.reload();
  const prefetch = prefetchOf(config.settings);
  const inOrder = orderedHandler(parts);
  const durable = (name: keyof typeof QUEUES) => ({ queue: { name, durable: QUEUES[name] }, prefetch });
  const reload = () => parts.track(upkeep.reload());
  const events = await consumers([
    bus.subscribe(durable('s1.work'), workHandler(parts)),
    ...PARTITION_QUEUES.map((name) => bus.subscribe(durable(name), inOrder(name))),
    drainDead(context, parts.settling, parts.draining),
    hearProbes(context, parts.evidence),
    context.answer(answersOf(context, { ...parts, path: config.path })),
    ...hearCommands({ ...parts, relieve: reliever(context), reload }),
  ]);
  return { grants, events };
}

/** As many events as may run, and some at hand for the moment in which one ends. */
function prefetchOf({ max_concurrent_operations, amqp_prefetch_count }: ServiceContext['config']['settings']): number {
  return Math.min(65_535, max_concurrent_operations + amqp_prefetch_count);
}
