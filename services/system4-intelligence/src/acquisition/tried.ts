import type { DataOf, Tried } from '@vsmcp/vsm';
import { judge, judgeWish } from '../matching/trial.js';
import { installOf, isWish, matchesOf, toolsOf } from './propose.js';
import { type AcquisitionEvent, isOver, type OwnProposal, type Probe, type Saga, type State, sagaOf } from './state.js';
import { passed, proposed } from './steps.js';

type Report = DataOf<typeof Tried>;

/** Probes of any age count here: what was proposed rests on what was known then. */
const FOREVER = { ttl: Number.POSITIVE_INFINITY, retry: Number.POSITIVE_INFINITY };

/**
 * The events that follow from System 1's report on a server that it started: on what it offers, or how its trial went.
 */
export function onTried(state: State, said: Report, now: number): AcquisitionEvent[] {
  const saga = sagaOf(state, said.proposal);
  if (saga === undefined) return [];
  const about = saga.said;
  const npm = about?.candidate.spec.npm;
  const onTrial = about?.stage === 'trial' && npm === said.npm && saga.allowed && !isOver(saga);
  if (about && onTrial && !state.looks.has(said.npm)) return onTrialled(state, saga, about, said, now);
  // The tools of a server are worth knowing, also when the report comes late; a failure only when somebody waits for
  // it.
  if (!said.ok && !state.looks.has(said.npm)) return [];
  const probe = shown({ at: now, ok: said.ok, because: said.ok ? 'probed' : reasonOf(said), tools: said.tools }, said);
  return [{ type: 'acquisition.probed', proposal: saga.proposal, at: now, npm: said.npm, probe }];
}

function onTrialled(state: State, saga: Saga, about: OwnProposal, said: Report, now: number): AcquisitionEvent[] {
  const option = saga.options?.find(({ candidate }) => candidate.spec.npm === said.npm);
  const known = option && toolsOf(option, state.probes, now, FOREVER);
  const match = known && matchesOf(saga, known).find(({ tool }) => tool === about.tool);
  if (known === undefined || match === undefined || !said.ok)
    return [passed(saga, about, `${about.server}: ${reasonOf(said)}`, now)];
  const judgement = isWish(saga) ? judgeWish(match, said.tools, said.results) : judge(match, said.results);
  if (!judgement.ok) return [passed(saga, about, judgement.because, now, match.tool)];
  const probe = shown({ ...known, tools: said.tools }, said);
  return [proposed(saga, installOf(about, probe, said.results, judgement.because, judgement.guard), now)];
}

function shown(probe: Probe, { confinement, integrity, mcpName, contract, suspicions, attempts }: Report): Probe {
  return {
    ...probe,
    ...(confinement && { confinement }),
    ...(integrity && { integrity }),
    ...(mcpName && { mcpName }),
    ...(contract && { contract }),
    ...(suspicions && { suspicions }),
    ...(attempts && { attempts }),
  };
}

const reasonOf = ({ reason }: Report): string => reason ?? 'it could not be tried';
