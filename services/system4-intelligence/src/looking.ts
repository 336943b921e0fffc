import type { ServiceContext } from '@vsmcp/service';
import { Gap, type Waiting } from '@vsmcp/vsm';
import { gapsOf } from './acquisition/gaps.js';
import type { Limits } from './acquisition/limits.js';
import type { State } from './acquisition/state.js';

/** Types that System 1 is asked about in one round: the most frequent, and of the others the next in the order of their names. */
const FREQUENT = 100;
const NEXT = 200;

export interface Looked {
  waiting: Waiting[];
  /** More types wait than this round could see: the next one sees others. */
  more: boolean;
}

/** Asks System 1 what waits, and says the gap when it changed. */
export function openLooking(context: ServiceContext, limits: Limits) {
  const gauge = context.metrics.gauge('vsmcp_gap', 'What nothing answers', ['of']);
  let said = '';
  /** Where the round through all types is; undefined when all were seen. */
  let after: string | undefined;

  async function next(listed: ReadonlySet<string>): Promise<Waiting[]> {
    if (after === undefined) return [];
    const { waiting } = await context.ask('waiting', { limit: NEXT, after });
    after = waiting.length < NEXT ? undefined : waiting.at(-1)?.type;
    return waiting.filter(({ type }) => !listed.has(type));
  }

  return {
    /** Something new waits: types that were seen may have been joined by others. */
    renew(): void {
      after ??= '';
    },

    async look(state: State): Promise<Looked> {
      const { waiting: frequent, types, events } = await context.ask('waiting', { limit: FREQUENT });
      const gaps = gapsOf(state, frequent, context.clock.now(), limits);
      const listed = new Set(frequent.map(({ type }) => type));
      // Those that are not listed are taken for gaps: what a guard or a server that is away holds up is rarely so many.
      const beyond = {
        types: Math.max(0, types - listed.size),
        events: Math.max(0, events - frequent.reduce((sum, entry) => sum + entry.events, 0)),
      };
      const gap = {
        types: gaps.map(({ type, events: waiting, since }) => ({ type, waiting, since })),
        events: gaps.reduce((sum, entry) => sum + entry.events, beyond.events),
        beyond,
      };
      gauge.set({ of: 'types' }, gap.types.length + beyond.types);
      gauge.set({ of: 'events' }, gap.events);
      const text = JSON.stringify(gap);
      if (text !== said) await context.say(Gap, 's4.gap', gap);
      said = text;
      const others = beyond.types > 0 ? await next(listed) : [];
      return { waiting: [...frequent, ...others], more: beyond.types > 0 && after !== undefined };
    },

    /** What waits of these types. */
    async of(types: readonly string[]): Promise<Waiting[]> {
      if (types.length === 0) return [];
      return (await context.ask('waiting', { limit: FREQUENT, types: [...types] })).waiting;
    },
  };
}
