import { type DataOf, sourceOf, type Verdict } from '@vsmcp/vsm';
import type { Limits } from './limits.js';
import { type AcquisitionEvent, isOver, keyOf, type OwnProposal, type Saga, type State, sagaOf } from './state.js';
import { moved, passed } from './steps.js';

type Answer = DataOf<typeof Verdict>;

/** The events that follow from System 5's answer to a proposal. An answer to an older proposal changes nothing. */
export function onVerdict(state: State, said: Answer, now: number, limits: Limits): AcquisitionEvent[] {
  if (said.proposal.stage === 'probe') return onProbe(state, said, now);
  const saga = sagaOf(state, said.proposal.proposal);
  const about = saga?.said;
  if (saga === undefined || about === undefined || saga.allowed) return [];
  // A yes that comes after it was given up for lack of an answer is a yes all the same: System 3 acts on it.
  if (isOver(saga) && !(saga.step === 'failed' && said.verdict === 'allow')) return [];
  if (!isSame(about, said.proposal)) return [];
  const fitted = about.stage === 'trial' || about.stage === 'install';
  if (fitted && isPassed(saga, about)) return [];
  const stopped = said.verdict === 'deny' && fitted && limits.forbids.has(said.rule);
  const ruled = { ...ruling(said, now), stopped };
  if (said.verdict === 'ask') return [ruled];
  if (said.verdict === 'allow') {
    // A server that the fleet has already starts no more: what is left is to see the gap close.
    const there = about.stage === 'install' && isThere(state, saga, about);
    const step = about.response === undefined ? 'closed' : 'confirming';
    return there ? [ruled, moved(saga, step, `${about.server} is there already`, now)] : [ruled];
  }
  const because = `${about.server}: ${said.rule}, ${said.because}`;
  if (about.stage === 'refuse') return [ruled, moved(saga, 'failed', because, now)];
  if (about.stage === 'remove') return [ruled, moved(saga, 'rolled-back', because, now)];
  // Another tool of the same server may be free of what the rule forbids.
  const tool = about.stage === 'trial' && stopped ? about.tool : undefined;
  return [ruled, passed(saga, about, because, now, tool)];
}

function isThere(state: State, saga: Saga, { candidate, server, response }: OwnProposal): boolean {
  const { npm } = candidate.spec;
  const option = saga.options?.find((one) => one.candidate.spec.npm === npm);
  if (option?.installed !== undefined) return true;
  // Another type brought it in while this one was tried: the closing of a gap shows it, but a wish has nothing that
  // waits.
  if (response !== undefined) return false;
  return [...state.sagas.values()].some(
    (other) => other !== saga && other.said?.server === server && ['confirming', 'closed'].includes(other.step),
  );
}

function onProbe(state: State, said: Answer, now: number): AcquisitionEvent[] {
  const { proposal, candidate } = said.proposal;
  const npm = sourceOf(candidate.spec);
  const look = state.looks.get(npm);
  const saga = sagaOf(state, proposal);
  if (saga === undefined || look === undefined || look.allowed || look.proposal !== proposal) return [];
  const ruled = { ...ruling(said, now), probe: npm, stopped: false };
  if (said.verdict !== 'deny') return [ruled];
  return [ruled, passed(saga, look.said, `${look.said.server}: ${said.rule}, ${said.because}`, now)];
}

function ruling({ proposal, verdict, rule, because }: Answer, at: number) {
  return { type: 'acquisition.ruled' as const, proposal: proposal.proposal, at, verdict, rule, because };
}

function isPassed({ passed: before }: Saga, { candidate, tool }: OwnProposal): boolean {
  const { npm } = candidate.spec;
  return before.has(keyOf(npm)) || before.has(keyOf(npm, tool));
}

function isSame(a: OwnProposal, b: Answer['proposal']): boolean {
  return a.stage === b.stage && a.candidate.spec.npm === sourceOf(b.candidate.spec) && a.tool === b.tool;
}
