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
 * Asks System 1 what waits, and says the gap when it changed. It lists the most frequent types; of the others, where
 * there are more, it sees those that came lately and then, in rounds, all in the order of their names.
 */
export class Looking {
  readonly #context: ServiceContext;
  readonly #limits: Limits;
  readonly #gauge;
  readonly #fresh = new Set<string>();
  #listed: ReadonlySet<string> = new Set();
  #said = '';
  /** The number of types beyond those that are listed. */
  #beyond = 0;
  /** The last type that the round through all of them has seen; undefined when none is under way. */
  #after: string | undefined;
  #again = false;

  constructor(context: ServiceContext, limits: Limits) {
    this.#context = context;
    this.#limits = limits;
    this.#gauge = context.metrics.gauge('vsmcp_gap', 'What nothing answers', ['of']);
  }

  /** These were parked; perhaps others too. */
  renew(types: Iterable<string>): void {
    this.#again = true;
    for (const type of types) if (this.#fresh.size < MOST_NEW) this.#fresh.add(type);
  }

  /** The most frequent kinds. */
  async frequent(state: State): Promise<Waiting[]> {
    const { waiting, types, events } = await this.#context.ask('waiting', { limit: FREQUENT });
    const gaps = gapsOf(state, waiting, this.#context.clock.now(), this.#limits);
    this.#listed = new Set(waiting.map(({ type }) => type));
    // Those that are not listed are taken for gaps: what a guard or a server that is away holds up is rarely so many.
    this.#beyond = Math.max(0, types - this.#listed.size);
    const unlisted = Math.max(0, events - waiting.reduce((sum, entry) => sum + entry.events, 0));
    const gap = {
      types: gaps.map(({ type, events: count, since }) => ({ type, waiting: count, since })),
      events: gaps.reduce((sum, entry) => sum + entry.events, unlisted),
      beyond: { types: this.#beyond, events: unlisted },
    };
    this.#gauge.set({ of: 'types' }, gap.types.length + this.#beyond);
    this.#gauge.set({ of: 'events' }, gap.events);
    const text = JSON.stringify(gap);
    if (text !== this.#said) await this.#context.say(Gap, 's4.gap', gap);
    this.#said = text;
    return waiting;
  }

  /** True while `others` has more to show. */
  get more(): boolean {
    return this.#beyond > 0 && (this.#fresh.size > 0 || this.#again || this.#after !== undefined);
  }

  async others(): Promise<Waiting[]> {
    const lately = [...this.#fresh].filter((type) => !this.#listed.has(type)).slice(0, OTHERS);
    if (lately.length > 0) {
      const { waiting } = await this.#context.ask('waiting', { limit: OTHERS, types: lately });
      for (const type of lately) this.#fresh.delete(type);
      return waiting;
    }
    this.#fresh.clear();
    const from = this.#after ?? '';
    if (this.#after === undefined) this.#again = false;
    const { waiting } = await this.#context.ask('waiting', { limit: OTHERS, after: from });
    this.#after = waiting.length < OTHERS ? undefined : waiting.at(-1)?.type;
    return waiting.filter(({ type }) => !this.#listed.has(type));
  }

  /** The entries of these types among what waits. */
  async of(types: readonly string[]): Promise<Waiting[]> {
    if (types.length === 0) return [];
    return (await this.#context.ask('waiting', { limit: FREQUENT, types: [...types] })).waiting;
  }
}
