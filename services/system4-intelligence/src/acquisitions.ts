import { currentTrace, inSpan, on, type ServiceContext, type Trace } from '@vsmcp/service';
import {
  Acquire,
  Acquisition,
  type Answer,
  type Asked,
  CapabilityState,
  Gap,
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
import { optionsFor } from './acquisition/options.js';
import { AcquisitionEvent, EMPTY, isOver, type Saga, Step, sagaOf } from './acquisition/state.js';
import { acquisitionOf } from './acquisition/view.js';
import { searchCandidates } from './matching/candidates.js';
import type { Found } from './registries.js';

/** Types that System 1 is asked about in one round. */
const ASKED = 100;
/** Milliseconds from a report of parked events to the look at them, and between two looks while a gap should be closing. */
const DEBOUNCE = 300;
const CLOSING = 1000;
/** Milliseconds until the next look after something failed. */
const AGAIN = 5000;
/** Acquisitions shown to who asks. */
const SHOWN = 500;

/** Finds out what waits, and acquires what answers it. */
export function acquisitions(context: ServiceContext, epoch: number, search: (signal: AbortSignal) => Promise<Found>) {
  const { clock, ids, journal, log, metrics, config } = context;
  const limits = limitsOf(config);
  const steps = metrics.counter('vsmcp_acquisition_steps_total', 'Steps of acquisitions', ['step']);
  const going = metrics.gauge('vsmcp_acquisitions', 'Event types by the step of their acquisition', ['step']);
  const gap = metrics.gauge('vsmcp_gap', 'What nothing answers', ['of']);
  const reserved = new Set(Object.keys(config.servers));
  const stopping = new AbortController();
  /** Of acquisitions that go on: what time or a person brings belongs to them too. */
  const traces = new Map<string, Trace>();
  let state = EMPTY;
  let last: Promise<unknown> = Promise.resolve();
  let cancelLook: (() => void) | undefined;
  let lastGap = '';
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
    return inSpan(context, 'acquire', { attributes }, async () => {
      traces.set(event.proposal, currentTrace());
      await tellStep(event, before, saga, cause);
    });
  }

  async function tellStep(event: AcquisitionEvent, before: Saga | undefined, saga: Saga | undefined, cause: string) {
    const trace = traces.get(event.proposal) ?? {};
    if (event.type === 'acquisition.proposed') await context.say(Proposal, 's4.proposal', event.said, { cause, trace });
    if (saga === undefined || event.type === 'acquisition.probed') return;
    if (saga.step === 'searching' && saga.options.length === 0) find(saga);
    if (saga.step === before?.step && saga.because === before.because) return;
    await context.say(Acquisition, 's4.acquisition', acquisitionOf(saga), { cause, trace });
    if (isOver(saga)) traces.delete(saga.proposal);
    if (saga.step !== before?.step) steps.inc({ step: saga.step });
    log.info({ proposal: saga.proposal, type: saga.type, step: saga.step, server: saga.said?.server }, saga.because);
    if (isOver(saga)) lookSoon(DEBOUNCE);
  }

  function gauge(): void {
    const counts = new Map<string, number>(Step.options.map((step) => [step, 0]));
    for (const { step } of state.sagas.values()) counts.set(step, (counts.get(step) ?? 0) + 1);
    for (const [step, count] of counts) going.set({ step }, count);
  }

  function background(task: Promise<void>, what: string): void {
    task.catch((error: unknown) => {
      const text = `${what}: ${reasonOf(error)}`;
      if (!stopping.signal.aborted && text !== lastTrouble) log.warn({ err: error }, text);
      lastTrouble = text;
      lookSoon(AGAIN);
    });
  }

  function find(saga: Saga): void {
    const { proposal } = saga;
    const task = async () => {
      const [{ candidates, registries }, { rows }] = await Promise.all([
        search(stopping.signal),
        context.capabilities.read(),
      ]);
      const now = sagaOf(state, proposal);
      if (now === undefined || stopping.signal.aborted) return;
      const options = optionsFor(now, candidates, rows, reserved, state);
      const errors = registries.flatMap(({ error }) => error ?? []);
      if (options.length === 0 && errors.length > 0)
        await run({ kind: 'unsearchable', proposal, because: errors.join('; ') }, proposal);
      else await run({ kind: 'ranked', proposal, options }, proposal);
    };
    background(task(), `the search for ${saga.type} failed`);
  }

  async function waiting(): Promise<Answer<'waiting'>> {
    return context.ask('waiting', { limit: ASKED });
  }

  async function look(): Promise<void> {
    const { waiting: entries, types } = await waiting();
    const gaps = entries.filter(({ cause }) => cause === 'unanswered' || cause === 'wanted');
    const said = {
      types: gaps.map(({ type, events, since }) => ({ type, waiting: events, since })),
      events: gaps.reduce((sum, { events }) => sum + events, 0),
    };
    gap.set({ of: 'types' }, said.types.length);
    gap.set({ of: 'events' }, said.events);
    const text = JSON.stringify(said);
    if (text !== lastGap) await context.say(Gap, 's4.gap', said);
    lastGap = text;
    await run({ kind: 'waiting', waiting: entries, types, ids }, 'waiting');
    const closing = [...state.sagas.values()].some(({ step }) => step === 'confirming' || step === 'installing');
    if (closing) lookSoon(CLOSING);
  }

  /** Several reasons to look within a short time are one look. */
  function lookSoon(ms: number): void {
    if (cancelLook !== undefined || stopping.signal.aborted) return;
    cancelLook = clock.after(ms, () => {
      cancelLook = undefined;
      background(look(), 'what waits cannot be asked of System 1; it is asked again');
    });
  }

  async function wish(asked: { proposal: string; by: string; server?: string; tool?: string; type?: string }) {
    const { proposal, by, server, tool } = asked;
    const type = asked.type ?? `server.${[server, tool].filter((part) => part !== undefined).join('.')}`;
    const entries: Waiting[] = asked.type === undefined ? [] : (await waiting()).waiting;
    const wanted = { by, ...(server !== undefined && { server }), ...(tool !== undefined && { tool }) };
    const before = state.sagas.get(type);
    await run({ kind: 'wish', proposal, type, wish: wanted, waiting: entries }, proposal);
    if (state.sagas.get(type) === before) log.info({ proposal, type, by }, `${type} is being acquired already`);
  }

  return {
    verdicts: on(Verdict, ({ data, id }) => run({ kind: 'verdict', said: data }, id)),
    tried: on(Tried, ({ data, id }) => run({ kind: 'tried', said: data }, id)),
    capabilities: on(CapabilityState, async ({ data, id }) => {
      await run({ kind: 'capability', said: data }, id);
      lookSoon(DEBOUNCE);
    }),
    loads: on(Load, async ({ data }) => {
      if ((data.outcomes.parked ?? 0) > 0) lookSoon(DEBOUNCE);
    }),
    acquire: on(Acquire, ({ data }) => wish(data)),
    look: () => lookSoon(0),
    tick: () => background(run({ kind: 'tick' }, 'clock'), 'an acquisition cannot go on'),
    /** Rebuilds what earlier leaders knew, entry by entry. */
    restore(entry: JournalEntry): void {
      const event = AcquisitionEvent.safeParse(entry.data);
      if (event.success) state = evolve(state, event.data);
      else log.warn({ seq: entry.seq, type: entry.type }, 'a journal entry of another version is passed over');
    },
    takeOver: () => run({ kind: 'takeover' }, `epoch ${epoch}`),
    async stop(): Promise<void> {
      stopping.abort();
      cancelLook?.();
      await last;
    },
    async discover({ text, limit }: Asked<'discover'>): Promise<Answer<'discover'>> {
      const { candidates, registries } = await search(stopping.signal);
      const chosen = searchCandidates(text ?? '', candidates).slice(0, limit);
      return {
        registries,
        candidates: chosen.map((candidate) => {
          const probe = state.probes.get(candidate.spec.npm);
          return probe?.ok ? { ...candidate, tools: probe.tools } : candidate;
        }),
      };
    },
    async acquisitions(): Promise<Answer<'acquisitions'>> {
      const sagas = [...state.sagas.values()].sort((a, b) => b.at - a.at).slice(0, SHOWN);
      return { acquisitions: sagas.map(acquisitionOf) };
    },
  };
}
