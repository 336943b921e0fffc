import { duration } from '@vsmcp/vsm';
import { evolveAll, wake } from './advance.js';
import type { Limits } from './limits.js';
import { type AcquisitionEvent, isOver, type Look, type Saga, type State, sagaOf } from './state.js';
import { moved, passed, proposed, takenBack } from './steps.js';

/** The events that follow from the passing of time: what took too long is given up, and who waited for it goes on. */
export function late(state: State, now: number, limits: Limits): AcquisitionEvent[] {
  const given = [...state.looks.values()].flatMap((look) => lateLook(state, look, now, limits));
  const next = evolveAll(state, given);
  const more = [...next.sagas.values()].flatMap((saga) => lateSaga(saga, now, limits));
  return wake(state, [...given, ...more], now, limits);
}

function lateLook(
  state: State,
  { proposal, said, at, allowed }: Look,
  now: number,
  limits: Limits,
): AcquisitionEvent[] {
  const saga = sagaOf(state, proposal);
  if (now - at < (allowed ? limits.tried : limits.verdict)) return [];
  const because = allowed
    ? `${said.server}: System 1 did not report the probe in ${duration(limits.tried)}`
    : `System 5 did not answer the proposal (probe of ${said.server}) in ${duration(limits.verdict)}`;
  // Nobody asks for it any more: what was learnt is that it does not answer.
  const probe = { at: now, ok: false, because, tools: [] };
  const { npm } = said.candidate.spec;
  if (saga === undefined || isOver(saga)) return [{ type: 'acquisition.probed', proposal, at: now, npm, probe }];
  return [passed(saga, said, because, now)];
}

function lateSaga(saga: Saga, now: number, limits: Limits): AcquisitionEvent[] {
  if (isOver(saga) || saga.step === 'asking' || saga.step === 'probing') return [];
  const waited = now - saga.at;
  if (saga.step === 'searching') {
    if (saga.options !== undefined || waited < limits.search) return [];
    return [moved(saga, 'failed', `the registries did not answer in ${duration(limits.search)}`, now)];
  }
  if (saga.said === undefined) return [];
  const { stage, server } = saga.said;
  if (!saga.allowed) {
    if (waited < limits.verdict) return [];
    const because = `System 5 did not answer the proposal (${stage} of ${server}) in ${duration(limits.verdict)}`;
    return [moved(saga, stage === 'remove' ? 'rolled-back' : 'failed', because, now)];
  }
  if (stage === 'trial') {
    if (waited < limits.tried) return [];
    const because = `${server}: System 1 did not report the trial in ${duration(limits.tried)}`;
    return [passed(saga, saga.said, because, now)];
  }
  if (saga.step === 'installing' && waited >= limits.ready)
    return [takenBack(saga, `${server} was not ready ${duration(limits.ready)} after it was allowed`, now)];
  if (saga.step === 'confirming' && waited >= limits.confirm)
    return [takenBack(saga, `${saga.type} still waits ${duration(limits.confirm)} after ${server} was ready`, now)];
  return [];
}

/** A new leader says again what may not have been said; for what was allowed it waits anew. */
export function takeOver(state: State, at: number): AcquisitionEvent[] {
  const looks = [...state.looks.values()].flatMap(({ proposal, said, allowed }) => {
    const saga = sagaOf(state, proposal);
    return saga && !allowed ? [proposed(saga, said, at)] : [];
  });
  const sagas = [...state.sagas.values()].flatMap((saga): AcquisitionEvent[] => {
    if (isOver(saga) || saga.step === 'asking' || saga.step === 'probing') return [];
    if (saga.said === undefined || saga.step === 'searching' || saga.allowed)
      return [moved(saga, saga.step, saga.because, at)];
    return [proposed(saga, saga.said, at)];
  });
  return [...looks, ...sagas];
}
