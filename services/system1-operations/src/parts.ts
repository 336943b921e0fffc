import { setMaxListeners } from 'node:events';
import type { ServerLauncher } from '@vsmcp/mcp';
import type { ServiceContext } from '@vsmcp/service';
import { handoverQueue, reasonOf } from '@vsmcp/vsm';
import { Breakers } from './attenuation/breakers.js';
import { Bulkhead } from './attenuation/bulkhead.js';
import { LatestWindows } from './attenuation/latest.js';
import { Rates } from './attenuation/rates.js';
import { Shedding } from './attenuation/shedding.js';
import { LiveUnits } from './control/units.js';
import { Catalog } from './deciding/catalog.js';
import { Call } from './handling/call.js';
import { Claims } from './handling/claims.js';
import { handoverHearing } from './handling/handover.js';
import { Operations } from './handling/operations.js';
import { Steps } from './handling/steps.js';
import { Sweep } from './intake/sweep.js';
import { Border } from './recursion/border.js';
import { Servers } from './servers/servers.js';
import { Answers } from './settling/answers.js';
import { Claiming } from './settling/claiming.js';
import { OperationEvidence } from './settling/evidence.js';
import { Settling } from './settling/settling.js';
import { Tally } from './settling/tally.js';

/** Events handed over to this replica that are handled at once. */
const HANDED_AT_ONCE = 64;

/** The two ends of a System 1. Every event that waits listens to them. */
export interface Ends {
  /** Aborted when no call may begin any more. */
  draining: AbortSignal;
  /** Aborted when nothing is waited for any more. */
  ending: AbortSignal;
}

export type Parts = ReturnType<typeof openParts>;

/** The parts of System 1, made known to each other. Nothing in them is started yet. */
export function openParts(context: ServiceContext, host: ServerLauncher, { draining, ending }: Ends) {
  setMaxListeners(0, draining, ending);
  const track = (task: Promise<unknown>) => {
    task.catch((error: unknown) => context.log.warn({ reason: reasonOf(error) }, 'something to be said was not said'));
  };
  const catalog = new Catalog(context.config.units);
  const live = new LiveUnits(context, catalog);
  const tally = new Tally();
  const answers = new Answers(context);
  const settling = new Settling(context, tally, answers, ending);
  const claims = new Claims(context);
  const evidence = new OperationEvidence();
  const attenuation = openAttenuation(context, catalog);
  const { windows } = attenuation;
  const border = new Border(context, { settling, draining, track });
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
  const steps = new Steps(context, servers, tally, { draining, ending });
  const claiming = new Claiming(context, { evidence, settling, tally, windows });
  const call = new Call(context, { claiming, claims, evidence, settling, steps, tally });
  const handling = { context, catalog, servers, ...attenuation, settling, tally, call, claiming, border, draining };
  const operations: Operations = new Operations({ ...handling, answerable: () => sweep.run() });
  const sweep: Sweep = new Sweep({ context, catalog, servers, operations, border, draining });
  return { ...handling, host, live, answers, claims, evidence, operations, sweep, track };
}

/** The parts that keep load within what units and replica can carry. */
function openAttenuation(context: ServiceContext, catalog: Catalog) {
  const { clock, config } = context;
  const { rate } = config.pool;
  const rates = rate === undefined ? undefined : new Rates(rate, clock.now());
  const bargainOf = (unit: string) => catalog.units.get(unit) ?? { weight: 1, minimum: 0 };
  return {
    rates,
    bulkhead: new Bulkhead(config.settings.max_concurrent_operations, bargainOf, rates),
    breakers: new Breakers(context, (unit) => catalog.units.get(unit)),
    shedding: new Shedding(),
    windows: new LatestWindows(),
  };
}
