import { advance } from './advance.js';
import type { Limits } from './limits.js';
import { type AcquisitionEvent, isOver, type Saga, type State } from './state.js';
import { moved, onward, passed, takenBack } from './steps.js';

/** What follows when a step took too long. */
export function late(state: State, saga: Saga, now: number, limits: Limits): AcquisitionEvent[] {
  if (isOver(saga) || saga.step === 'asking') return [];
  const waited = now - saga.at;
  const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
  if (saga.step === 'searching' && saga.options.length > 0) return advance(state, saga.type, now, limits);
  if (saga.step === 'searching')
    return waited < limits.search
      ? []
      : [moved(saga, 'failed', `the registries did not answer in ${seconds(limits.search)}`, now)];
  if (saga.said === undefined) return advance(state, saga.type, now, limits);
  const { stage, server } = saga.said;
  if (!saga.allowed) {
    if (waited < limits.verdict) return [];
    const because = `System 5 did not answer the proposal (${stage} of ${server}) in ${seconds(limits.verdict)}`;
    return [moved(saga, stage === 'remove' ? 'rolled-back' : 'failed', because, now)];
  }
  if (stage === 'probe' || stage === 'trial') {
    if (waited < limits.tried) return [];
    const because = `${server}: System 1 did not report the ${stage} in ${seconds(limits.tried)}`;
    return onward(state, saga, [passed(saga, 'option', because, now)], now, limits);
  }
  if (saga.step === 'installing' && waited >= limits.ready)
    return [takenBack(saga, `${server} was not ready ${seconds(limits.ready)} after it was allowed`, now)];
  if (saga.step === 'confirming' && waited >= limits.confirm)
    return [takenBack(saga, `${saga.type} still waits ${seconds(limits.confirm)} after ${server} was ready`, now)];
  return [];
}

/** A new leader says again what may not have been said; for what was allowed it waits anew. */
export function takeOver(saga: Saga, at: number): AcquisitionEvent[] {
  if (isOver(saga) || saga.step === 'asking') return [];
  const { said, option, match, proposal } = saga;
  if (said === undefined || saga.step === 'searching' || saga.allowed)
    return [moved(saga, saga.step, saga.because, at)];
  return [{ type: 'acquisition.proposed', proposal, at, said, option, match }];
}
