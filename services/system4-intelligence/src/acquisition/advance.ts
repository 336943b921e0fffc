import { isComparable, SURE } from '../matching/grounds.js';
import { choose, type Fit } from './choose.js';
import { evolve } from './evolve.js';
import type { Limits } from './limits.js';
import { installAsked, probeOf, refuseOf, toolsOf, trialOf } from './propose.js';
import { type AcquisitionEvent, isOver, keyOf, type Option, type Saga, type State } from './state.js';
import { moved, proposed } from './steps.js';

export function evolveAll(state: State, events: readonly AcquisitionEvent[]): State {
  return events.reduce(evolve, state);
}

/** The events, and what every saga that looks for something does next after them. */
export function wake(
  state: State,
  events: readonly AcquisitionEvent[],
  now: number,
  limits: Limits,
): AcquisitionEvent[] {
  const all = [...events];
  let next = evolveAll(state, events);
  for (const type of next.sagas.keys()) {
    const more = advance(next, type, now, limits);
    all.push(...more);
    next = evolveAll(next, more);
  }
  return all;
}

/**
 * The next step of a saga with the servers it has found: try the best tool it knows of, look at servers that nothing is
 * known of, wait for one of these, or give up. Nothing, when that is what it does already.
 */
export function advance(state: State, type: string, now: number, limits: Limits): AcquisitionEvent[] {
  const saga = state.sagas.get(type);
  if (saga?.options === undefined || isOver(saga) || !(saga.step === 'searching' || saga.step === 'probing')) return [];
  if (saga.wish?.server !== undefined && saga.samples.length === 0) return asked(state, saga, now, limits);

  const { fits, unseen, reasons } = choose(state, saga, now, limits);
  const [best] = fits;
  const sure = best !== undefined && best.match.grounds >= SURE;
  const first = unseen[0]?.option;
  if (best && (sure || first === undefined)) {
    const ahead = unseen.filter(({ option, place }) => place < best.place && isAwaited(state, option, now, limits));
    if (ahead.length === 0) return tryOut(state, saga, best, now);
    return saga.step === 'probing' ? [] : [moved(saga, 'probing', awaits(ahead.map(({ option }) => option)), now)];
  }
  if (first !== undefined) {
    const alike = unseen.flatMap(({ option }) => (isComparable(option.rank, first.rank) ? [option] : []));
    return look(state, saga, alike, now, limits);
  }
  if (saga.stopped) return [proposed(saga, refuseOf(saga.stopped, saga.waiting), now)];
  const none = saga.options.length === 0;
  const because = none
    ? `no server in the registries seems to be for ${type}`
    : `nothing fits ${type}: ${[...new Set(reasons)].slice(-5).join('; ')}`;
  return [moved(saga, none ? 'nothing-found' : 'failed', because, now)];
}

/** A server that somebody named is wanted for itself: it is looked at and brought in. */
function asked(state: State, saga: Saga, now: number, limits: Limits): AcquisitionEvent[] {
  const { tool } = saga.wish ?? {};
  const reasons = [...saga.passed.values()];
  for (const option of saga.options ?? []) {
    if (saga.passed.has(keyOf(option.candidate.spec.npm))) continue;
    const probe = toolsOf(option, state.probes, now, limits);
    if (probe === undefined) return look(state, saga, [option], now, limits);
    if (!probe.ok) reasons.push(`${option.server}: ${probe.because}`);
    else if (tool !== undefined && !probe.tools.some(({ name }) => name === tool))
      reasons.push(`${option.server} has no tool ${tool}`);
    else if (isTaken(state, saga, option.server)) return waits(saga, option.server, now);
    else return [proposed(saga, installAsked(saga, option, probe, tool), now)];
  }
  const none = saga.options?.length === 0;
  const because = none ? `no server in the registries is called ${saga.wish?.server}` : reasons.join('; ');
  return [moved(saga, none ? 'nothing-found' : 'failed', because, now)];
}

function tryOut(state: State, saga: Saga, { option, probe, match }: Fit, now: number): AcquisitionEvent[] {
  // Two sagas must not bring in the same server: the second comes after the first, and finds it done.
  if (isTaken(state, saga, option.server)) return waits(saga, option.server, now);
  const weight = { grounds: match.grounds, rank: option.rank };
  return [{ ...proposed(saga, trialOf(saga, option, probe, match), now), weight }];
}

/**
 * Proposes to look at servers, as many as may be looked at at a time; one that is looked at for another type is waited
 * for.
 */
function look(state: State, saga: Saga, options: readonly Option[], now: number, limits: Limits): AcquisitionEvent[] {
  const fresh = options.filter(({ candidate }) => !state.looks.has(candidate.spec.npm));
  const free = Math.max(0, limits.probes - state.looks.size);
  const events = fresh.slice(0, free).map((option) => proposed(saga, probeOf(saga, option), now));
  if (events.length > 0 || saga.step === 'probing') return events;
  if (fresh.length < options.length) return [moved(saga, 'probing', awaits(options), now)];
  const because = `waits for its turn to look at ${namesOf(options)}`;
  return saga.because === because ? [] : [moved(saga, 'searching', because, now)];
}

const namesOf = (options: readonly Option[]): string => options.map(({ server }) => server).join(', ');
const awaits = (options: readonly Option[]): string => `waits to see what ${namesOf(options)} offers`;

function isAwaited(state: State, { candidate }: Option, now: number, { patience }: Limits): boolean {
  const under = state.looks.get(candidate.spec.npm);
  return under !== undefined && now - under.at < patience;
}

function waits(saga: Saga, server: string, now: number): AcquisitionEvent[] {
  const because = `waits for ${server}, which another type is about to have`;
  return saga.step === 'searching' && saga.because === because ? [] : [moved(saga, 'searching', because, now)];
}

function isTaken(state: State, saga: Saga, server: string): boolean {
  for (const other of state.sagas.values())
    if (other !== saga && other.said?.server === server && ['matched', 'trying', 'installing'].includes(other.step))
      return true;
  return false;
}
