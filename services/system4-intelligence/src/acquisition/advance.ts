import { evolve } from './evolve.js';
import type { Limits } from './limits.js';
import { installAsked, matchesOf, probeOf, refuseOf, toolsOf, trialOf } from './propose.js';
import { type AcquisitionEvent, isOver, type Saga, type State } from './state.js';

export function evolveAll(state: State, events: readonly AcquisitionEvent[]): State {
  return events.reduce(evolve, state);
}

/** What a saga does next with the servers it has found, from the one it is at: probe it, try its next tool, or give up. */
export function advance(state: State, type: string, now: number, limits: Limits): AcquisitionEvent[] {
  const saga = state.sagas.get(type);
  if (saga === undefined || isOver(saga)) return [];
  const propose = (said: ReturnType<typeof probeOf>, option: number, match: number): AcquisitionEvent[] => [
    { type: 'acquisition.proposed', proposal: saga.proposal, at: now, said, option, match },
  ];
  const reasons = [...saga.passed];
  for (let i = saga.option; i < saga.options.length; i++) {
    const option = saga.options[i];
    if (option === undefined) continue;
    // Two sagas must not probe or bring in the same server: the second comes after the first, and finds it done.
    if (taken(state, saga, option.server)) {
      const because = `waits for ${option.server}, which another type is about to have`;
      if (saga.step === 'searching' && saga.because === because) return [];
      return [{ type: 'acquisition.moved', proposal: saga.proposal, at: now, step: 'searching', because }];
    }
    const known = toolsOf(option, state.probes, now, limits);
    if (known === undefined) return propose(probeOf(saga, option), i, 0);
    if (!known.ok) {
      reasons.push(`${option.server}: ${known.because}`);
      continue;
    }
    if (saga.wish && saga.samples.length === 0) {
      const { tool } = saga.wish;
      if (tool === undefined || known.tools.some((one) => one.name === tool))
        return propose(installAsked(saga, option, known, tool), i, 0);
      reasons.push(`${option.server} has no tool ${tool}`);
      continue;
    }
    const matches = matchesOf(saga, known);
    const from = i === saga.option ? saga.match : 0;
    const match = matches[from];
    if (match !== undefined) return propose(trialOf(saga, option, known, match), i, from);
    if (matches.length === 0) reasons.push(`${option.server}: none of its ${known.tools.length} tools fits`);
  }
  if (saga.stopped) return propose(refuseOf(saga.stopped, saga.waiting), saga.options.length, 0);
  const none = saga.options.length === 0;
  const because = none
    ? `no server in the registries seems to be for ${type}`
    : `nothing fits ${type}: ${[...new Set(reasons)].slice(-5).join('; ')}`;
  return [
    { type: 'acquisition.moved', proposal: saga.proposal, at: now, step: none ? 'nothing-found' : 'failed', because },
  ];
}

function taken(state: State, saga: Saga, server: string): boolean {
  for (const other of state.sagas.values())
    if (other !== saga && other.said?.server === server && ['probing', 'trying', 'installing'].includes(other.step))
      return true;
  return false;
}
