import { currentTrace, inSpan, on, type ServiceContext, type Trace } from '@vsmcp/service';
import {
  Acquire,
  Acquisition,
  type Answer,
  type Asked,
  CapabilityState,
  Demand,
  isKey,
  type JournalEntry,
  Load,
  Proposal,
  reasonOf,
  Tried,
  Verdict,
  type Waiting,
} from '@vsmcp/vsm';
import { decide, type Input } from './acquisition/decide.js';
import { evolve } from './acquisition/evolve.js';
import { limitsOf } from './acquisition/limits.js';
import { AcquisitionEvent, EMPTY, isOver, type Saga, Step, sagaOf } from './acquisition/state.js';
import { acquisitionOf } from './acquisition/view.js';
import { openFinding } from './finding.js';
import { openLooking } from './looking.js';
import { paced } from './pace.js';
import type { Found } from './registries.js';

/** Milliseconds until the next look after something failed, and between two looks at types that are not the most frequent. */
const AGAIN = 5000;
const ON = 1000;
/** Acquisitions shown to who asks. */
const SHOWN = 500;

/** Finds out what waits, and acquires what answers it. */
export function acquisitions(context: ServiceContext, epoch: number, search: (signal: AbortSignal) => Promise<Found>) {
  const { clock, ids, journal, log, metrics, config } = context;
  const limits = limitsOf(config);
  const steps = metrics.counter('vsmcp_acquisition_steps_total', 'Steps of acquisitions', ['step']);
  const going = metrics.gauge('vsmcp_acquisitions', 'Event types by the step of their acquisition', ['step']);
  const stopping = new AbortController();
  const finding = openFinding(context, search, stopping.signal);
  const looking = openLooking(context, limits);
  const all = paced(clock, () => tolerated(look(), 'what waits cannot be asked of System 1; it is asked again', all));
  const others = paced(clock, () => tolerated(lookOn(), 'not all that waits can be seen', others));
  const closing = paced(clock, () => tolerated(lookClosing(), 'it cannot be seen whether a gap closed', closing));
  /** Of acquisitions that go on: what time or a person brings belongs to them too. */
  const traces = new Map<string, Trace>();
  /** Event type → trace contexts of some that wait, as last seen. */
  let waits: ReadonlyMap<string, readonly string[]> = new Map();
  let state = EMPTY;
  let last: Promise<unknown> = Promise.resolve();
  let lastTrouble = '';

  /** One input after another: decided, journalled, applied, told. */
  function run(input: Input, cause: string): Promise<void> {
    const turn = last.then(async () => {
      const told: (() => Promise<void>)[] = [];
      for (const event of decide(state, input, clock.now(), limits)) {
        const before = sagaOf(state, event.proposal);
        await journal.append({ system: 's4', epoch, type: event.type, cause, data: event });
        state = evolve(state, event);
        const after = sagaOf(state, event.proposal);
        told.push(() => tell(event, before, after, cause));
      }
      if (told.length > 0) gauge();
      for (const say of told) await say();
    });
    // Whoever asked for this turn sees its failure; the next turn goes ahead all the same.
    last = turn.catch(() => undefined);
    return turn;
  }

  /** A gap that opens begins a trace; every later step belongs to it. */
  function tell(event: AcquisitionEvent, before: Saga | undefined, saga: Saga | undefined, cause: string) {
    if (event.type !== 'acquisition.opened') return tellStep(event, before, saga, cause);
    const attributes = { 'vsmcp.type': event.event, 'vsmcp.proposal': event.proposal, 'vsmcp.waiting': event.waiting };
    const links = waits.get(event.event)?.map((traceparent) => ({ traceparent })) ?? [];
    return inSpan(context, 'acquire', { attributes, links, begins: true }, async () => {
      traces.set(event.proposal, currentTrace());
      await tellStep(event, before, saga, cause);
    });
  }

  async function tellStep(event: AcquisitionEvent, before: Saga | undefined, saga: Saga | undefined, cause: string) {
    const trace = traces.get(event.proposal) ?? {};
    if (event.type === 'acquisition.proposed') await context.say(Proposal, 's4.proposal', event.said, { cause, trace });
    if (saga === undefined || event.type === 'acquisition.probed') return;
    if (saga.step === 'searching' && saga.options === undefined) find(saga);
    if (saga.step === before?.step && saga.because === before.because) return;
    await context.say(Acquisition, 's4.acquisition', acquisitionOf(saga), { cause, trace });
    if (isOver(saga)) traces.delete(saga.proposal);
    if (saga.step !== before?.step) steps.inc({ step: saga.step });
    log.info({ proposal: saga.proposal, type: saga.type, step: saga.step, server: saga.said?.server }, saga.because);
    if (isOver(saga)) all.soon(0);
  }

  function gauge(): void {
    const counts = new Map<string, number>(Step.options.map((step) => [step, 0]));
    for (const { step } of state.sagas.values()) counts.set(step, (counts.get(step) ?? 0) + 1);
    for (const [step, count] of counts) going.set({ step }, count);
  }

  /** Never rejects: what failed is done at the next occasion. */
  async function tolerated(task: Promise<void>, what: string, again: { soon(ms: number): void }): Promise<void> {
    try {
      await task;
    } catch (error) {
      const text = `${what}: ${reasonOf(error)}`;
      if (!stopping.signal.aborted && text !== lastTrouble) log.warn({ err: error }, text);
      lastTrouble = text;
      again.soon(AGAIN);
    }
  }

  function find({ proposal, type }: Saga): void {
    const task = async () => {
      const input = await finding.options(
        () => sagaOf(state, proposal),
        () => state,
      );
      if (input !== undefined && !stopping.signal.aborted) await run(input, proposal);
    };
    void tolerated(task(), `the search for ${type} failed`, all);
  }

  async function look(): Promise<void> {
    await weigh(await looking.frequent(state), limits.told);
    if (looking.more) others.soon(0);
  }

  async function lookOn(): Promise<void> {
    await weigh(await looking.others(), 0);
    if (looking.more) others.soon(ON);
  }

  /** @param told how many of them are taken up though no server seems to be for them */
  async function weigh(waiting: readonly Waiting[], told: number): Promise<void> {
    waits = new Map(waiting.map(({ type, traces: some = [] }) => [type, some]));
    const promising = waiting.length > told ? await finding.promising(waiting, state) : new Set<string>();
    await run({ kind: 'waiting', waiting, promising, told, ids }, 'waiting');
  }

  /** Types for which a tool was brought in: does what waited get less? */
  async function lookClosing(): Promise<void> {
    const types = [...state.sagas.values()].filter(({ step }) => step === 'confirming' || step === 'installing');
    const asked = types.map(({ type }) => type);
    if (asked.length > 0) await run({ kind: 'closing', asked, waiting: await looking.of(asked) }, 'waiting');
  }

  async function wish(asked: { proposal: string; by: string; server?: string; tool?: string; type?: string }) {
    const { proposal, by, server, tool } = asked;
    const type = asked.type ?? `server.${[server, tool].filter((part) => part !== undefined).join('.')}`;
    const waiting = asked.type === undefined ? [] : await looking.of([type]);
    const wanted = { by, ...(server !== undefined && { server }), ...(tool !== undefined && { tool }) };
    const before = state.sagas.get(type);
    await run({ kind: 'wish', proposal, type, wish: wanted, waiting }, proposal);
    if (state.sagas.get(type) === before) log.info({ proposal, type, by }, `${type} is being acquired already`);
  }

  return {
    verdicts: on(Verdict, ({ data, id }) => run({ kind: 'verdict', said: data }, id)),
    tried: on(Tried, ({ data, id }) => run({ kind: 'tried', said: data }, id)),
    capabilities: on(CapabilityState, async ({ data, id }) => {
      await run({ kind: 'capability', said: data }, id);
      closing.soon(0);
    }),
    loads: on(Load, async ({ data }) => {
      if ((data.outcomes.parked ?? 0) === 0) return;
      looking.renew(Object.entries(data.types).flatMap(([type, { parked = 0 }]) => (parked > 0 ? [type] : [])));
      all.soon(0);
      if (looking.more) others.soon(0);
    }),
    demands: on(Demand, async ({ data, id }) => {
      if (!data.type.startsWith('demand.') || !isKey(data.type)) {
        log.warn(
          { type: data.type.slice(0, 200), by: data.by },
          'a wish whose type is not demand.<words> is passed over',
        );
        return;
      }
      await run({ kind: 'demand', said: data, proposal: ids() }, id);
      all.soon(0);
    }),
    acquire: on(Acquire, ({ data }) => wish(data)),
    look: () => all.soon(0),
    /** Registries may have something new for what waits already. */
    lookAnew: () => {
      looking.renew([]);
      all.soon(0);
    },
    tick: () => {
      void tolerated(run({ kind: 'tick' }, 'clock'), 'an acquisition cannot go on', all);
      closing.soon(0);
    },
    /** Rebuilds what earlier leaders knew, entry by entry. */
    restore(entry: JournalEntry): void {
      const event = AcquisitionEvent.safeParse(entry.data);
      if (event.success) state = evolve(state, event.data);
      else log.warn({ seq: entry.seq, type: entry.type }, 'a journal entry of another version is passed over');
    },
    takeOver: () => run({ kind: 'takeover' }, `epoch ${epoch}`),
    async stop(): Promise<void> {
      stopping.abort();
      all.stop();
      others.stop();
      closing.stop();
      await last;
    },
    discover: (asked: Asked<'discover'>): Promise<Answer<'discover'>> => finding.discover(asked, state),
    async acquisitions(): Promise<Answer<'acquisitions'>> {
      const sagas = [...state.sagas.values()].sort((a, b) => b.at - a.at).slice(0, SHOWN);
      return { acquisitions: sagas.map(acquisitionOf) };
    },
  };
}
