import { setBounded } from '@vsmcp/vsm';
import {
  type AcquisitionEvent,
  type HeardDemand,
  isOver,
  keyOf,
  type Look,
  type Saga,
  type State,
  type Step,
  sagaOf,
} from './state.js';

/** Types, servers and wishes remembered; past that the oldest that are over go. */
const MOST_SAGAS = 2000;
const MOST_PROBES = 200;
const MOST_DEMANDS = 200;
/** Reasons kept of why servers and tools were passed over. */
const MOST_PASSED = 200;

const PROPOSED: Record<string, Step> = { trial: 'matched', install: 'trying', remove: 'confirming', refuse: 'trying' };
const ALLOWED: Record<string, Step> = {
  trial: 'trying',
  install: 'installing',
  remove: 'rolled-back',
  refuse: 'refused',
};

/** The state after an event. */
export function evolve(state: State, event: AcquisitionEvent): State {
  switch (event.type) {
    case 'acquisition.opened':
      return opened(state, event);
    case 'acquisition.demanded':
      return demanded(state, event);
    case 'acquisition.probed': {
      const probes = setBounded(state.probes, event.npm, event.probe, MOST_PROBES);
      return { ...state, probes, looks: without(state.looks, event.npm) };
    }
    default: {
      const saga = sagaOf(state, event.proposal);
      if (saga === undefined) return state;
      const next = { ...after(saga, event), at: event.at };
      return settled({ ...state, looks: looksAfter(state, event), sagas: withOne(state.sagas, saga.type, next) }, next);
    }
  }
}

type Of<T extends AcquisitionEvent['type']> = Extract<AcquisitionEvent, { type: T }>;
type Later = Exclude<AcquisitionEvent, Of<'acquisition.opened' | 'acquisition.probed' | 'acquisition.demanded'>>;

function after(saga: Saga, event: Later): Saga {
  switch (event.type) {
    case 'acquisition.ranked':
      return { ...saga, options: event.options };
    case 'acquisition.proposed': {
      const { said, weight } = event;
      const { because } = said;
      if (said.stage === 'probe') return isOver(saga) ? saga : { ...saga, probe: said, step: 'probing', because };
      const step = PROPOSED[said.stage] ?? saga.step;
      return { ...saga, said, allowed: false, step, because, ...(weight && { weight }) };
    }
    case 'acquisition.ruled':
      return ruled(saga, event);
    case 'acquisition.passed': {
      const passed = setBounded(saga.passed, keyOf(event.npm, event.tool), event.because, MOST_PASSED);
      // Another server may be on trial already while one that was only looked at is passed over.
      const mine = saga.step !== 'probing' && saga.said?.candidate.spec.npm === event.npm && !isOver(saga);
      return mine ? { ...saga, passed, step: 'searching', because: event.because } : { ...saga, passed };
    }
    case 'acquisition.moved': {
      const { step, because } = event;
      const vain = ['failed', 'nothing-found', 'rolled-back'].includes(step);
      const waiting = event.waiting ?? saga.waiting;
      return { ...saga, step, because, waiting, rounds: vain ? saga.rounds + 1 : step === 'closed' ? 0 : saga.rounds };
    }
  }
}

function ruled(saga: Saga, event: Of<'acquisition.ruled'>): Saga {
  const { verdict, rule, because, stopped } = event;
  if (event.probe !== undefined) return saga.step === 'probing' ? { ...saga, rule, because } : saga;
  const next: Saga = { ...saga, rule, because, allowed: verdict === 'allow' };
  if (stopped && saga.said) {
    const { grounds, rank } = saga.weight ?? { grounds: 0, rank: 0 };
    if (grounds >= (saga.stopped?.grounds ?? 0)) next.stopped = { rule, because, said: saga.said, grounds, rank };
  }
  if (verdict === 'ask') return { ...next, step: 'asking' };
  if (verdict === 'deny' || saga.said === undefined) return next;
  return { ...next, step: ALLOWED[saga.said.stage] ?? saga.step };
}

function looksAfter({ looks }: State, event: Later): State['looks'] {
  if (event.type === 'acquisition.proposed' && event.said.stage === 'probe') {
    const look: Look = { proposal: event.proposal, said: event.said, at: event.at, allowed: false };
    return withOne(looks, event.said.candidate.spec.npm, look);
  }
  if (event.type === 'acquisition.ruled' && event.probe !== undefined) {
    const look = looks.get(event.probe);
    return look ? withOne(looks, event.probe, { ...look, at: event.at, allowed: event.verdict === 'allow' }) : looks;
  }
  const passed = event.type === 'acquisition.passed' && event.tool === undefined && looks.get(event.npm);
  return passed && passed.proposal === event.proposal ? without(looks, event.npm) : looks;
}

/** A wish that has its tool, or that policy forbids, is no demand any more. */
function settled(state: State, { type, step }: Saga): State {
  if ((step !== 'closed' && step !== 'refused') || !state.demands.has(type)) return state;
  return { ...state, demands: without(state.demands, type) };
}

function demanded(state: State, { event, text, by, at, proposal }: Of<'acquisition.demanded'>): State {
  const before = state.demands.get(event);
  const demand: HeardDemand = before
    ? { ...before, times: before.times + 1, at }
    : { proposal, text, by, times: 1, since: at, at };
  return { ...state, demands: setBounded(state.demands, event, demand, MOST_DEMANDS) };
}

function opened(state: State, entry: Of<'acquisition.opened'>): State {
  const before = state.sagas.get(entry.event);
  const saga: Saga = {
    proposal: entry.proposal,
    type: entry.event,
    waiting: entry.waiting,
    samples: entry.samples,
    step: 'searching',
    because: entry.wish ? `${entry.wish.by} asked for it` : `${entry.waiting} wait, and nothing answers them`,
    at: entry.at,
    passed: new Map(),
    allowed: false,
    rounds: before?.rounds ?? 0,
  };
  if (entry.wish) saga.wish = entry.wish;
  return { ...state, sagas: setBounded(state.sagas, saga.type, saga, MOST_SAGAS, isOver) };
}

function withOne<T>(map: ReadonlyMap<string, T>, key: string, value: T): ReadonlyMap<string, T> {
  return new Map(map).set(key, value);
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
