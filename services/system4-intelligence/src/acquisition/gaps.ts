import type { Waiting } from '@vsmcp/vsm';
import type { Limits } from './limits.js';
import { type AcquisitionEvent, isOver, type Saga, type State } from './state.js';
import { moved, opened } from './steps.js';

interface Looked {
  waiting: readonly Waiting[];
  promising: ReadonlySet<string>;
  told: number;
  ids: () => string;
}

/** Something that nothing answers: events of a type, or a wish that found no tool. */
interface Gap {
  type: string;
  events: number;
  since: number;
  samples: readonly unknown[];
  wish?: { proposal: string; by: string; text: string };
}

/** The gaps, which wait for a tool: events that nothing answers, and demand. */
export function gapsOf(state: State, waiting: readonly Waiting[], now: number, { wish }: Pick<Limits, 'wish'>): Gap[] {
  const events = waiting.filter(({ cause }) => cause === 'unanswered' || cause === 'wanted');
  const demands = [...state.demands].filter(([, { at }]) => now - at < wish);
  return [
    ...events.map(({ type, events: count, since, samples }) => ({ type, events: count, since, samples })),
    ...demands.map(([type, { proposal, by, text, times, since }]) => {
      return { type, events: times, since, samples: [], wish: { proposal, by, text } };
    }),
  ];
}

/** The gaps that have closed, by what still waits of the types for which a tool was brought in. */
export function onClosing(
  state: State,
  { asked, waiting }: { asked: readonly string[]; waiting: readonly Waiting[] },
  now: number,
): AcquisitionEvent[] {
  const events: AcquisitionEvent[] = [];
  for (const type of asked) {
    const saga = state.sagas.get(type);
    if (saga?.step !== 'confirming' && saga?.step !== 'installing') continue;
    if (saga.said?.stage !== 'install' || saga.said.response === undefined) continue;
    const left = waiting.filter((entry) => entry.type === type && entry.cause !== 'guard');
    const count = left.reduce((sum, entry) => sum + entry.events, 0);
    const because = saga.said.tool === undefined ? saga.because : `${saga.said.server}.${saga.said.tool} answers it`;
    if (count === 0) events.push(moved(saga, 'closed', because, now, 0));
    else if (count < saga.waiting && saga.step === 'confirming')
      events.push(moved(saga, 'confirming', `${count} still wait`, now, count));
  }
  return events;
}

/**
 * After a look at what waits: the gaps with the most events that are due are taken up, as many as there is room for.
 */
export function onGaps(
  state: State,
  { waiting, promising, told, ids }: Looked,
  now: number,
  limits: Limits,
): AcquisitionEvent[] {
  const busy = [...state.sagas.values()].filter((saga) => !isOver(saga) && saga.step !== 'asking').length;
  const gaps = gapsOf(state, waiting, now, limits).sort((a, b) => b.events - a.events);
  const due = gaps.filter(({ type, wish }, place) => {
    if (place >= told && wish === undefined && !promising.has(type)) return false;
    const saga = state.sagas.get(type);
    return saga === undefined || (isOver(saga) && (now >= nextTry(saga, limits) || hasNews(saga, state)));
  });
  return due.slice(0, Math.max(0, limits.sagas - busy)).map(({ type, events, samples, wish }) => {
    const saga = state.sagas.get(type);
    // The memory that System 5 has of a type's proposal, a person's no included, holds until it was closed.
    const proposal = saga && saga.step !== 'closed' ? saga.proposal : (wish?.proposal ?? ids());
    return opened(proposal, type, events, samples, now, wish && { by: wish.by, text: wish.text });
  });
}

/** A server that was given up, because nothing was heard of it in time, was seen after all. */
function hasNews({ step, at, options = [] }: Saga, { probes }: State): boolean {
  if (step !== 'failed') return false;
  return options.some(({ candidate }) => {
    const probe = probes.get(candidate.spec.npm);
    return probe?.ok === true && probe.at > at;
  });
}

/** When a type that is over may be taken up again: at once after success, later and later after failure. */
export function nextTry(saga: Saga, limits: Limits): number {
  if (saga.step === 'closed') return saga.at;
  if (saga.step === 'refused') return saga.at + limits.settling;
  return saga.at + limits.retry * 2 ** Math.min(Math.max(0, saga.rounds - 1), 6);
}
