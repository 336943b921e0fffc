import type { ServiceContext } from '@vsmcp/service';
import { Gap, type Waiting } from '@vsmcp/vsm';
import { gapsOf } from './acquisition/gaps.js';
import type { Limits } from './acquisition/limits.js';
import type { State } from './acquisition/state.js';

/** Types that System 1 is asked about at a time: the most frequent ones, and others. */
const FREQUENT = 100;
const OTHERS = 200;
/** Types remembered as having come lately. */
const MOST_NEW = 2000;

/**
 * Asks System 1 what waits, and says the gap when it changed. It lists the most frequent types; of the others, where there are
 * more, it sees those that came lately and then, in rounds, all in the order of their names.
 */
export function openLooking(context: ServiceContext, limits: Limits) {
  const gauge = context.metrics.gauge('vsmcp_gap', 'What nothing answers', ['of']);
  const fresh = new Set<string>();
  let listed: ReadonlySet<string> = new Set();
  let said = '';
  /** Types beyond those that are listed. */
  let beyond = 0;
  /** Where the round through all types is; undefined when none is under way. */
  let after: string | undefined;
  let again = false;

  return {
    /** These were parked; perhaps others too. */
    renew(types: Iterable<string>): void {
      again = true;
      for (const type of types) if (fresh.size < MOST_NEW) fresh.add(type);
    },

    /** The most frequent kinds. */
    async frequent(state: State): Promise<Waiting[]> {
      const { waiting, types, events } = await context.ask('waiting', { limit: FREQUENT });
      const gaps = gapsOf(state, waiting, context.clock.now(), limits);
      listed = new Set(waiting.map(({ type }) => type));
      // Those that are not listed are taken for gaps: what a guard or a server that is away holds up is rarely so many.
      beyond = Math.max(0, types - listed.size);
      const unlisted = Math.max(0, events - waiting.reduce((sum, entry) => sum + entry.events, 0));
      const gap = {
        types: gaps.map(({ type, events: count, since }) => ({ type, waiting: count, since })),
        events: gaps.reduce((sum, entry) => sum + entry.events, unlisted),
        beyond: { types: beyond, events: unlisted },
      };
      gauge.set({ of: 'types' }, gap.types.length + beyond);
      gauge.set({ of: 'events' }, gap.events);
      const text = JSON.stringify(gap);
      if (text !== said) await context.say(Gap, 's4.gap', gap);
      said = text;
      return waiting;
    },

    /** Whether `others` has more to show. */
    get more(): boolean {
      return beyond > 0 && (fresh.size > 0 || again || after !== undefined);
    },

    async others(): Promise<Waiting[]> {
      const lately = [...fresh].filter((type) => !listed.has(type)).slice(0, OTHERS);
      if (lately.length > 0) {
        const { waiting } = await context.ask('waiting', { limit: OTHERS, types: lately });
        for (const type of lately) fresh.delete(type);
        return waiting;
      }
      fresh.clear();
      const from = after ?? '';
      if (after === undefined) again = false;
      const { waiting } = await context.ask('waiting', { limit: OTHERS, after: from });
      after = waiting.length < OTHERS ? undefined : waiting.at(-1)?.type;
      return waiting.filter(({ type }) => !listed.has(type));
    },

    /** What waits of these types. */
    async of(types: readonly string[]): Promise<Waiting[]> {
      if (types.length === 0) return [];
      return (await context.ask('waiting', { limit: FREQUENT, types: [...types] })).waiting;
    },
  };
}
