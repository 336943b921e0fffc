import { consumers, replay, type Service, type ServiceContext } from '@vsmcp/service';
import type { JournalEntry } from '@vsmcp/vsm';
import { Acquisitions } from './acquisitions.js';
import { type Found, openRegistries } from './registries.js';
import { openSenses } from './senses/senses.js';
import { strained } from './strained.js';

/** Milliseconds between looks at what takes too long. */
const TICK = 1000;

export interface System4Options {
  /** The reader of the registries; by default that of those which the configuration names. */
  openRegistries?: (context: ServiceContext) => (signal?: AbortSignal) => Promise<Found>;
}

/**
 * System 4: outside and then. Its senses bring the environment in; what waits without an answer sends it to look for a
 * tool that has one. It proposes; System 5 decides, System 3 commands, System 1 tries and installs. One instance leads.
 */
export function openSystem4({ openRegistries: open = openRegistries }: System4Options = {}): Service {
  return {
    system: 's4',
    async start(context) {
      context.leadershipState({ state: 'standby' });
      const leadership = context.leaderships.campaign('s4', (epoch) => lead(context, epoch, open(context)));
      return () => leadership.stop();
    },
  };
}

export const system4: Service = openSystem4();

async function lead(
  context: ServiceContext,
  epoch: number,
  search: (signal?: AbortSignal) => Promise<Found>,
): Promise<() => Promise<void>> {
  const { clock, config, journal, log } = context;
  const work = new Acquisitions(context, epoch, search);
  const inside = strained(context, () => work.lookAnew());
  const kept = new Set<string>();
  const senses = {
    restore({ type, data }: JournalEntry) {
      if (type === 'sense.kept') kept.add(keptPath(data));
    },
  };
  await replay(journal, 's4', [work, senses]);
  const hearing = await consumers([
    context.hear('s4.report', [work.loads, work.tried, work.capabilities, work.demands]),
    context.hear('s4.intelligence', [work.verdicts, inside.hearing], { prefetch: 1 }),
    context.hear('s4.command', [work.acquire], { prefetch: 1 }),
    context.answer({ discover: (asked) => work.discover(asked), acquisitions: async () => work.shown() }),
  ]);
  await work.takeOver();
  const closeSenses = await openSenses(context, epoch, kept);
  const stopTicking = clock.every(TICK, () => work.tick());
  const stopLooking = clock.every(
    config.settings.variety_check_interval,
    inside.unless(() => work.look()),
  );
  const stopLookingAnew = clock.every(
    config.settings.mcp_discovery_interval,
    inside.unless(() => work.lookAnew()),
  );
  work.lookAnew();
  context.leadershipState({ state: 'active', epoch });
  log.info({ epoch, senses: config.environment.senses.length }, 'System 4 leads');

  return async () => {
    stopTicking();
    stopLooking();
    stopLookingAnew();
    await closeSenses();
    await hearing.stop();
    await work.stop();
    context.leadershipState({ state: 'standby' });
  };
}

function keptPath(data: unknown): string {
  return typeof data === 'object' && data !== null && 'path' in data && typeof data.path === 'string' ? data.path : '';
}
