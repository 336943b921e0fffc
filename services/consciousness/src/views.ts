import type { ServiceContext } from '@vsmcp/service';
import { reasonOf } from '@vsmcp/vsm';
import { VIEWS, type ViewName, type Views } from './model.js';

/** Time that an answer may take. ms */
const PATIENCE = 2000;
/**
 * Nothing is asked again sooner than this many times as long as its last answer took, so that asking never is the load.
 */
const POLITENESS = 10;
/**
 * Period at which all questions are asked, so that nothing missed stays missed (ms); what depends on what just
 * happened, so many times as often.
 */
export const SLOW = 5000;
const SOONER = 5;

/** Asks the other systems in the background and passes on what they say. */
export class Asking {
  readonly #context: ServiceContext;
  readonly #learn: (views: Views) => void;
  readonly #next = new Map<ViewName, number>();
  readonly #busy = new Set<ViewName>();
  readonly #wanted = new Set<ViewName>();
  readonly #slow: number;

  /** @param slow ms after which everything is asked again */
  constructor(context: ServiceContext, learn: (views: Views) => void, slow: number) {
    this.#context = context;
    this.#slow = slow;
    this.#learn = learn;
  }

  /** Something happened that these answers depend on: ask soon. */
  want(...names: ViewName[]): void {
    for (const name of names) this.#wanted.add(name);
  }

  /** To be called often: starts the questions that are due. */
  tick(): void {
    const now = this.#context.clock.now();
    for (const name of VIEWS) {
      const due = (this.#next.get(name) ?? 0) - (this.#wanted.has(name) ? this.#slow - this.#slow / SOONER : 0);
      if (now < due || this.#busy.has(name)) continue;
      this.#busy.add(name);
      this.#wanted.delete(name);
      void this.#ask(name, now);
    }
  }

  async #ask(name: ViewName, asked: number): Promise<void> {
    let wait = this.#slow;
    try {
      this.#learn(await this.#answer(name, asked));
      wait = Math.max(this.#slow, (this.#context.clock.now() - asked) * POLITENESS);
    } catch (error) {
      // absence shows in the heartbeats and in the age of the last answer
      this.#context.log.debug({ question: name, reason: reasonOf(error) }, 'no answer');
    } finally {
      this.#next.set(name, asked + wait);
      this.#busy.delete(name);
    }
  }

  async #answer(name: ViewName, asOf: number): Promise<Views> {
    const timeout = PATIENCE;
    switch (name) {
      case 'waiting':
        return { waiting: { value: await this.#context.ask('waiting', { limit: 1000 }, { timeout }), asOf } };
      case 'account':
        return { account: { value: await this.#context.ask('account', {}, { timeout }), asOf } };
      case 'units':
        return { units: { value: await this.#context.ask('units', { limit: 0 }, { timeout }), asOf } };
      case 'capabilities':
        return { capabilities: { value: await this.#context.ask('capabilities', {}, { timeout }), asOf } };
      case 'acquisitions':
        return { acquisitions: { value: await this.#context.ask('acquisitions', {}, { timeout }), asOf } };
      case 'decisions':
        return { decisions: { value: await this.#context.ask('decisions', {}, { timeout }), asOf } };
      case 'alerts':
        return { alerts: { value: await this.#context.ask('alerts', {}, { timeout }), asOf } };
      case 'policies':
        return { policies: { value: await this.#context.ask('policies', {}, { timeout }), asOf } };
      case 'coordination':
        return { coordination: { value: await this.#context.ask('coordination', {}, { timeout }), asOf } };
    }
  }
}
