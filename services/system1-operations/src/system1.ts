import { setMaxListeners } from 'node:events';
import { openMcpHost, type ServerLauncher } from '@vsmcp/mcp';
import { consumers, type Service, type ServiceContext } from '@vsmcp/service';
import { handoverQueue, PARTITION_QUEUES, QUEUES, reasonOf, Stock } from '@vsmcp/vsm';
import { Breakers } from './attenuation/breakers.js';
import { Bulkhead } from './attenuation/bulkhead.js';
import { LatestWindows } from './attenuation/latest.js';
import { Rates } from './attenuation/rates.js';
import { Shedding } from './attenuation/shedding.js';
import { hearCommands } from './control/commands.js';
import { answersOf } from './control/questions.js';
import { reliever } from './control/release.js';
import { reportLoad } from './control/report.js';
import { LiveUnits } from './control/units.js';
import { Upkeep } from './control/upkeep.js';
import { watchSilence } from './control/watch.js';
import { Catalog } from './deciding/catalog.js';
import { Call } from './handling/call.js';
import { Claims } from './handling/claims.js';
import { handoverHearing } from './handling/handover.js';
import { Operations } from './handling/operations.js';
import { Steps } from './handling/steps.js';
import { drainDead } from './intake/dead.js';
import { orderedHandler } from './intake/ordered.js';
import { Sweep } from './intake/sweep.js';
import { workHandler } from './intake/work.js';
import { Border } from './recursion/border.js';
import { systemsOf } from './recursion/systems.js';
import { acquiredIn, desiredServers, headsOf, kept } from './servers/desired.js';
import { watchDials } from './servers/dials.js';
import { Servers } from './servers/servers.js';
import { Answers } from './settling/answers.js';
import { Claiming } from './settling/claiming.js';
import { hearProbes, OperationEvidence } from './settling/evidence.js';
import { Settling } from './settling/settling.js';
import { Tally } from './settling/tally.js';

/** Events handed over to this replica that are handled at once. */
const HANDED_AT_ONCE = 64;

export interface System1Options {
  /** What starts MCP servers; by default confined as well as this machine can. */
  openHost?: (context: ServiceContext) => Promise<ServerLauncher>;
  /** How many times longer than usual it waits from one chore of upkeep to the next: where nothing is lost, little is left behind. */
  slowerUpkeep?: number;
}

/**
 * System 1, operations: units answer events with tools. Listens to the environment (`work.ts`), to what other replicas hand
 * over, to System 3's commands (`commands.ts`) and probes (`evidence.ts`), to System 2's grants (`claims.ts`) and to questions
 * (`questions.ts`); says outcomes (`settling.ts`), loads (`report.ts`), the state of its servers (`servers/`) and pain. What is done with an event is decided
 * in `matching.ts`, `disposition.ts` and `outcome.ts`.
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
  const { clock, config, log, bus } = context;
  const { settings } = config;
  /** No call begins any more. */
  const drain = new AbortController();
  /** Nothing is waited for any more. */
  const end = new AbortController();
  const draining = drain.signal;
  // Every event that waits listens to them.
  setMaxListeners(0, draining, end.signal);
  const track = (task: Promise<unknown>) => {
    task.catch((error: unknown) => log.warn({ reason: reasonOf(error) }, 'something to be said was not said'));
  };

  const catalog = new Catalog(config.units);
  const live = new LiveUnits(context, catalog);
  const breakers = new Breakers(context, (unit) => catalog.units.get(unit));
  const shedding = new Shedding();
  const tally = new Tally();
  const windows = new LatestWindows();
  const answers = new Answers(context);
  const settling = new Settling(context, tally, answers, end.signal);
  const claims = new Claims(context);
  const { rate } = config.pool;
  const rates = rate === undefined ? undefined : new Rates(rate, clock.now());
  const bulkhead = new Bulkhead(
    settings.max_concurrent_operations,
    (unit) => catalog.units.get(unit) ?? { weight: 1, minimum: 0 },
    rates,
  );
  const servers: Servers = new Servers(context, host, {
    ready: () => sweep.run(),
    takeHandovers: async (server) => {
      const { name, queue } = handoverQueue(server);
      const hearing = handoverHearing({ context, draining, handle: (task) => operations.handle(task) }, server);
      const consumer = await context.hear({ name, durable: queue }, [hearing], { prefetch: HANDED_AT_ONCE });
      return () => consumer.stop();
    },
    track,
  });
  const steps = new Steps(context, servers, tally, { draining, ending: end.signal });
  const evidence = new OperationEvidence();
  const claiming = new Claiming(context, { evidence, settling, tally, windows });
  const call = new Call(context, { claiming, claims, evidence, settling, steps, tally });
  const border = new Border(context, { settling, draining, track });
  const operations = new Operations({
    ...{
      context,
      catalog,
      servers,
      bulkhead,
      breakers,
      shedding,
      windows,
      settling,
      tally,
      call,
      claiming,
      border,
      draining,
    },
    answerable: () => sweep.run(),
  });
  const sweep = new Sweep({ context, catalog, servers, operations, border, draining });
  const parts = { context, operations, settling, tally, draining };

  /** The version of the table that System 2 was told of. */
  let stocked: number | undefined;
  /** The units changed, and whoever judges silence does not know yet. */
  let expectsOthers = false;
  const silence = watchSilence(context, catalog, track);
  const upkeep = new Upkeep(
    context,
    {
      async reload() {
        if (await live.refresh()) {
          breakers.keep(catalog.units);
          expectsOthers = true;
        }
        const { rows, version } = await context.capabilities.read();
        if (version !== stocked) {
          const { instance } = context;
          track(context.say(Stock, `stock.${instance}`, { instance, version, servers: acquiredIn(rows) }));
          stocked = version;
        }
        catalog.update(rows, (server, reason) => log.warn({ server, reason }, 'an acquired response is left out'));
        const wishes = desiredServers(config, rows);
        const removed = rows.filter((row) => !wishes.has(row.server)).map((row) => row.server);
        const owned = new Set([...wishes.values()].filter((wish) => !wish.shared).map((wish) => wish.name));
        await servers.update({ wishes, removed, heads: headsOf(owned, catalog.responses()) });
        sweep.run();
        if (expectsOthers) await silence.update();
        expectsOthers = false;
      },
      async tidy() {
        windows.prune(clock.now());
        await settling.sayUnsaid();
        await sweep.abandoned();
      },
      async uninstall() {
        const { rows } = await context.capabilities.read();
        await host.installer.uninstall(kept(desiredServers(config, rows), rows));
      },
    },
    slowerUpkeep,
  );

  const inOrder = orderedHandler(parts);
  const work = { queue: { name: 's1.work', durable: QUEUES['s1.work'] }, prefetch: prefetchOf(settings) };
  const listen = async () => {
    const grants = await claims.start();
    await live.start();
    await border.open(systemsOf(config, process.env));
    await upkeep.reload();
    const events = await consumers([
      bus.subscribe(work, workHandler(parts)),
      ...PARTITION_QUEUES.map((name) =>
        bus.subscribe({ queue: { name, durable: QUEUES[name] }, prefetch: work.prefetch }, inOrder(name)),
      ),
      drainDead(context, settling, draining),
      hearProbes(context, evidence),
      context.answer(answersOf(context, { path: config.path, catalog, servers, live, bulkhead, breakers, shedding })),
      ...hearCommands({
        ...{ context, host, operations, bulkhead, rates, shedding, settling, answers, sweep, track, draining },
        relieve: reliever(context),
        reload: () => track(upkeep.reload()),
      }),
    ]);
    return { grants, events };
  };
  const listening = await listen().catch(async (error: unknown) => {
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
    const late = clock.after(settings.drain, () => {
      track(servers.stop());
      end.abort(new Error('the service stops'));
    });
    await Promise.all([listening.events.stop(), servers.drain(), silence.stop(), upkeep.idle()]);
    // What a command had claimed back last is among it.
    await sweep.idle();
    await border.stop();
    await servers.stop();
    late();
    end.abort(new Error('the service has stopped'));
    await listening.grants();
    stopReports();
  };
}

/** As many events as may run, and some at hand for the moment in which one ends. */
function prefetchOf({ max_concurrent_operations, amqp_prefetch_count }: ServiceContext['config']['settings']): number {
  return Math.min(65_535, max_concurrent_operations + amqp_prefetch_count);
}
