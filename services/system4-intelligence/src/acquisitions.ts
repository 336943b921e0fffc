import { type EventSourced, eventSourced, type Hearing, on, type Restored, type ServiceContext } from '@vsmcp/service';
import {
  Acquire,
  type Answer,
  type Asked,
  CapabilityState,
  type DataOf,
  Demand,
  isKey,
  type JournalEntry,
  Load,
  Tried,
  Verdict,
  type Waiting,
} from '@vsmcp/vsm';
import { decide, type Input } from './acquisition/decide.js';
import { evolve } from './acquisition/evolve.js';
import { type Limits, limitsOf } from './acquisition/limits.js';
import { AcquisitionEvent, EMPTY, isOver, type Saga, type State, sagaOf } from './acquisition/state.js';
import { acquisitionOf } from './acquisition/view.js';
import { Finding } from './finding.js';
import { Looking } from './looking.js';
import { Looks } from './looks.js';
import type { Found } from './registries.js';
import { Telling } from './telling.js';

/** Acquisitions shown to who asks. */
const SHOWN = 500;

/**
 * System 4's acquisitions: finds out what waits, and acquires what answers it. Inputs (what was seen, heard or asked
 * for) are decided one after the other by `acquisition/decide.ts`; `looks.ts` brings what waits, `finding.ts` what the
 * registries have, `telling.ts` says what became of it.
 */
export class Acquisitions implements Restored {
  readonly #context: ServiceContext;
  readonly #epoch: number;
  readonly #limits: Limits;
  readonly #stopping = new AbortController();
  readonly #finding: Finding;
  readonly #looking: Looking;
  readonly #looks: Looks;
  readonly #telling: Telling;
  readonly #sagas: EventSourced<State, AcquisitionEvent>;

  constructor(context: ServiceContext, epoch: number, search: (signal: AbortSignal) => Promise<Found>) {
    this.#context = context;
    this.#epoch = epoch;
    this.#limits = limitsOf(context.config);
    this.#finding = new Finding(context, search, this.#stopping.signal);
    this.#looking = new Looking(context, this.#limits);
    this.#telling = new Telling(context);
    this.#sagas = eventSourced<State, AcquisitionEvent>(context.journal, {
      system: 's4',
      epoch,
      initial: EMPTY,
      evolve,
      read: (entry) => this.#read(entry),
    });
    const seen = {
      waiting: (waiting: readonly Waiting[], told: number) => this.#weigh(waiting, told),
      closing: (asked: readonly string[], waiting: readonly Waiting[]) =>
        this.#run({ kind: 'closing', asked, waiting }, 'waiting'),
    };
    this.#looks = new Looks(context, this.#looking, () => this.#sagas.state, seen, this.#limits.told);
  }

  readonly verdicts: Hearing = on(Verdict, ({ data, id }) => this.#run({ kind: 'verdict', said: data }, id));
  readonly tried: Hearing = on(Tried, ({ data, id }) => this.#run({ kind: 'tried', said: data }, id));
  readonly acquire: Hearing = on(Acquire, ({ data }) => this.#request(data));
  readonly capabilities: Hearing = on(CapabilityState, async ({ data, id }) => {
    await this.#run({ kind: 'capability', said: data }, id);
    this.#looks.closingSoon();
  });
  readonly loads: Hearing = on(Load, async ({ data }) => {
    if ((data.outcomes.parked ?? 0) === 0) return;
    const parked = Object.entries(data.types).filter(([, counts]) => (counts.parked ?? 0) > 0);
    this.#looking.renew(parked.map(([type]) => type));
    this.#looks.soon();
    this.#looks.onSoon();
  });
  readonly demands: Hearing = on(Demand, async ({ data, id }) => {
    const { type, by } = data;
    if (!type.startsWith('demand.') || !isKey(type)) {
      const fields = { type: type.slice(0, 200), by };
      this.#context.log.warn(fields, 'a wish whose type is not demand.<words> is passed over');
      return;
    }
    await this.#run({ kind: 'demand', said: data, proposal: this.#context.ids() }, id);
    this.#looks.soon();
  });

  look(): void {
    this.#looks.soon();
  }

  /** Registries may have something new for what waits already. */
  lookAnew(): void {
    this.#looking.renew([]);
    this.#looks.soon();
  }

  tick(): void {
    void this.#looks.tolerated(() => this.#run({ kind: 'tick' }, 'clock'), 'an acquisition cannot go on');
    this.#looks.closingSoon();
  }

  restore(entry: JournalEntry): void {
    if (entry.type.startsWith('acquisition.')) this.#sagas.restore(entry);
  }

  takeOver(): Promise<void> {
    return this.#run({ kind: 'takeover' }, `epoch ${this.#epoch}`);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#looks.stop();
    await this.#sagas.idle();
  }

  discover(asked: Asked<'discover'>): Promise<Answer<'discover'>> {
    return this.#finding.discover(asked, this.#sagas.state);
  }

  shown(): Answer<'acquisitions'> {
    const sagas = [...this.#sagas.state.sagas.values()].sort((a, b) => b.at - a.at).slice(0, SHOWN);
    return { acquisitions: sagas.map(acquisitionOf) };
  }

  #read(entry: JournalEntry): AcquisitionEvent | undefined {
    const event = AcquisitionEvent.safeParse(entry.data);
    if (event.success) return event.data;
    const { seq, type } = entry;
    this.#context.log.warn({ seq, type }, 'a journal entry of another version is passed over');
    return undefined;
  }

  #run(input: Input, cause: string): Promise<void> {
    return this.#sagas.run(
      (state) => decide(state, input, this.#context.clock.now(), this.#limits),
      cause,
      async (changes, state) => {
        if (changes.length > 0) this.#telling.count(state);
        for (const change of changes) await this.#telling.tell(change, cause, (saga) => this.#goOn(saga));
      },
    );
  }

  /** An acquisition that begins needs options; one that is over makes room for another. */
  #goOn(saga: Saga): void {
    if (isOver(saga)) this.#looks.soon();
    else void this.#looks.tolerated(() => this.#find(saga.proposal), `the search for ${saga.type} failed`);
  }

  async #find(proposal: string): Promise<void> {
    const input = await this.#finding.options(
      () => sagaOf(this.#sagas.state, proposal),
      () => this.#sagas.state,
    );
    if (input !== undefined && !this.#stopping.signal.aborted) await this.#run(input, proposal);
  }

  async #weigh(waiting: readonly Waiting[], told: number): Promise<void> {
    this.#telling.seen(new Map(waiting.map(({ type, traces = [] }) => [type, traces])));
    const { state } = this.#sagas;
    const promising = waiting.length > told ? await this.#finding.promising(waiting, state) : new Set<string>();
    await this.#run({ kind: 'waiting', waiting, promising, told, ids: this.#context.ids }, 'waiting');
  }

  async #request(asked: DataOf<typeof Acquire>): Promise<void> {
    const { proposal, by, server, tool } = asked;
    const type = asked.type ?? `server.${[server, tool].filter((part) => part !== undefined).join('.')}`;
    const waiting = asked.type === undefined ? [] : await this.#looking.of([type]);
    const wish = { by, ...(server !== undefined && { server }), ...(tool !== undefined && { tool }) };
    const before = this.#sagas.state.sagas.get(type);
    await this.#run({ kind: 'wish', proposal, type, wish, waiting }, proposal);
    const { log } = this.#context;
    if (this.#sagas.state.sagas.get(type) === before)
      log.info({ proposal, type, by }, `${type} is being acquired already`);
  }
}
