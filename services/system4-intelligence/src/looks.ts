import type { ServiceContext } from '@vsmcp/service';
import { reasonOf, type Waiting } from '@vsmcp/vsm';
import type { State } from './acquisition/state.js';
import type { Looking } from './looking.js';
import { type Paced, paced } from './pace.js';

/**
 * Milliseconds until the next look after something failed, and between two looks at types that are not the most
 * frequent.
 */
const AGAIN = 5000;
const ON = 1000;

/** Receives what a look finds. */
export interface Seen {
  /** @param told how many of them are taken up though no server seems to be for them */
  waiting(waiting: readonly Waiting[], told: number): Promise<void>;
  /** Of the types that were asked about: what waits. */
  closing(asked: readonly string[], waiting: readonly Waiting[]): Promise<void>;
}

/**
 * The looks at what waits, each at its own pace (`pace.ts`): at the most frequent types, in rounds at the others, and
 * at those for which a tool was brought in, to see whether less waits. What fails is logged once per text and done
 * again.
 */
export class Looks {
  readonly #context: ServiceContext;
  readonly #looking: Looking;
  readonly #state: () => State;
  readonly #seen: Seen;
  readonly #told: number;
  readonly #frequent: Paced;
  readonly #others: Paced;
  readonly #closing: Paced;
  #stopped = false;
  #lastTrouble = '';

  /** @param told how many of the most frequent types are taken up though no server seems to be for them */
  constructor(context: ServiceContext, looking: Looking, state: () => State, seen: Seen, told: number) {
    this.#context = context;
    this.#looking = looking;
    this.#state = state;
    this.#seen = seen;
    this.#told = told;
    const { clock } = context;
    this.#frequent = paced(clock, () =>
      this.#again('what waits cannot be asked of System 1; it is asked again', () => this.#look(), this.#frequent),
    );
    this.#others = paced(clock, () =>
      this.#again('not all that waits can be seen', () => this.#lookOn(), this.#others),
    );
    this.#closing = paced(clock, () =>
      this.#again('it cannot be seen whether a gap closed', () => this.#lookClosing(), this.#closing),
    );
  }

  /** Looks at what waits most. */
  soon(): void {
    this.#frequent.soon(0);
  }

  /** Goes on with the others, where there are more to see. */
  onSoon(): void {
    if (this.#looking.more) this.#others.soon(0);
  }

  closingSoon(): void {
    this.#closing.soon(0);
  }

  /** Never rejects: what failed is done at the next look, which comes after a while. */
  tolerated(task: () => Promise<void>, what: string): Promise<void> {
    return this.#again(what, task, this.#frequent);
  }

  stop(): void {
    this.#stopped = true;
    for (const look of [this.#frequent, this.#others, this.#closing]) look.stop();
  }

  async #again(what: string, task: () => Promise<void>, look: { soon(ms: number): void }): Promise<void> {
    try {
      await task();
    } catch (error) {
      const text = `${what}: ${reasonOf(error)}`;
      if (!this.#stopped && text !== this.#lastTrouble) this.#context.log.warn({ err: error }, text);
      this.#lastTrouble = text;
      look.soon(AGAIN);
    }
  }

  async #look(): Promise<void> {
    await this.#seen.waiting(await this.#looking.frequent(this.#state()), this.#told);
    this.onSoon();
  }

  async #lookOn(): Promise<void> {
    await this.#seen.waiting(await this.#looking.others(), 0);
    if (this.#looking.more) this.#others.soon(ON);
  }

  /** Types for which a tool was brought in: does what waited get less? */
  async #lookClosing(): Promise<void> {
    const types = [...this.#state().sagas.values()].filter(
      ({ step }) => step === 'confirming' || step === 'installing',
    );
    const asked = types.map(({ type }) => type);
    if (asked.length > 0) await this.#seen.closing(asked, await this.#looking.of(asked));
  }
}
