import { type AcquisitionEvent, isOver, type Saga, type State, type Step, sagaOf } from './state.js';

/** Types and servers remembered; past that the oldest that are over go. */
const MOST_SAGAS = 2000;
const MOST_PROBES = 200;

const PROPOSED: Record<string, Step> = {
  probe: 'probing',
  trial: 'matched',
  install: 'trying',
  remove: 'confirming',
  refuse: 'trying',
};
const ALLOWED: Record<string, Step> = {
  probe: 'probing',
  trial: 'trying',
  install: 'installing',
  remove: 'rolled-back',
  refuse: 'refused',
};

/** The state after an event. */
export function evolve(state: State, event: AcquisitionEvent): State {
  if (event.type === 'acquisition.opened') return opened(state, event);
  if (event.type === 'acquisition.probed')
    return { ...state, probes: bounded(state.probes, event.npm, event.probe, MOST_PROBES) };
  const saga = sagaOf(state, event.proposal);
  if (saga === undefined) return state;
  return { ...state, sagas: new Map(state.sagas).set(saga.type, { ...after(saga, event), at: event.at }) };
}

type Later = Exclude<AcquisitionEvent, { type: 'acquisition.opened' } | { type: 'acquisition.probed' }>;

function after(saga: Saga, event: Later): Saga {
  switch (event.type) {
    case 'acquisition.ranked':
      return { ...saga, options: event.options, option: 0, match: 0 };
    case 'acquisition.proposed': {
      const { said, option, match } = event;
      const step = PROPOSED[said.stage] ?? saga.step;
      return { ...saga, said, option, match, allowed: false, step, because: said.because };
    }
    case 'acquisition.ruled':
      return ruled(saga, event);
    case 'acquisition.passed': {
      const next = event.what === 'option' ? { option: saga.option + 1, match: 0 } : { match: saga.match + 1 };
      return { ...saga, ...next, passed: [...saga.passed, event.because].slice(-10), because: event.because };
    }
    case 'acquisition.moved': {
      const { step, because } = event;
      const vain = ['failed', 'nothing-found', 'rolled-back'].includes(step);
      const waiting = event.waiting ?? saga.waiting;
      return { ...saga, step, because, waiting, rounds: vain ? saga.rounds + 1 : step === 'closed' ? 0 : saga.rounds };
    }
  }
}

function ruled(saga: Saga, event: Extract<Later, { type: 'acquisition.ruled' }>): Saga {
  const { verdict, rule, because, stopped } = event;
  const next: Saga = { ...saga, rule, because, allowed: verdict === 'allow' };
  if (stopped && saga.said) next.stopped = { rule, because, said: saga.said };
  if (verdict === 'ask') return { ...next, step: 'asking' };
  if (verdict === 'deny' || saga.said === undefined) return next;
  return { ...next, step: ALLOWED[saga.said.stage] ?? saga.step };
}

function opened(state: State, event: Extract<AcquisitionEvent, { type: 'acquisition.opened' }>): State {
  const before = state.sagas.get(event.event);
  const saga: Saga = {
    proposal: event.proposal,
    type: event.event,
    waiting: event.waiting,
    samples: event.samples,
    step: 'searching',
    because: event.wish ? `${event.wish.by} asked for it` : `${event.waiting} wait, and nothing answers them`,
    at: event.at,
    options: [],
    option: 0,
    match: 0,
    passed: [],
    allowed: false,
    rounds: before?.rounds ?? 0,
  };
  if (event.wish) saga.wish = event.wish;
  return { ...state, sagas: bounded(state.sagas, saga.type, saga, MOST_SAGAS, isOver) };
}

/** A copy with the entry set last; past the bound the first that may go, goes. */
function bounded<T>(
  map: ReadonlyMap<string, T>,
  key: string,
  value: T,
  most: number,
  mayGo: (value: T) => boolean = () => true,
): ReadonlyMap<string, T> {
  const copy = new Map(map);
  copy.delete(key);
  copy.set(key, value);
  if (copy.size > most) {
    const first = [...copy].find(([name, entry]) => name !== key && mayGo(entry));
    if (first) copy.delete(first[0]);
  }
  return copy;
}
