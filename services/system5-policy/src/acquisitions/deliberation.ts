import { type Answer, sourceOf } from '@vsmcp/vsm';
import { packageIn } from '../policy/names.js';
import { judge, type Policy, type ProposalData, type Remembered, type VerdictData } from './decision.js';
import { type Case, type DeliberationEvent, type DeliberationState, type Settled, stepOf } from './deliberated.js';
import { fingerprint } from './fingerprint.js';

/** ms that a person has to answer about a server that is suspended until then: it does no harm while it waits. */
const CONTRACT_WAIT = 30 * 86_400_000;
/** Asks that may wait for a person at the same time. */
const MOST_PENDING = 100;
/** Decisions shown to who asks. */
export const MOST_SHOWN = 200;

/** The step as it was judged before, when the very same proposal comes again. */
export function alreadyJudged(state: DeliberationState, proposal: ProposalData): Settled | undefined {
  const settled = state.cases.get(proposal.proposal)?.steps.get(stepOf(proposal));
  return settled?.print === fingerprint(proposal) ? { ...settled, proposal } : undefined;
}

/** Where the step that an event is about stands. */
export function settledBy(state: DeliberationState, event: { proposal: string; step: string }): Settled | undefined {
  return state.cases.get(event.proposal)?.steps.get(event.step);
}

/** The steps that wait for a person. */
export function pending(state: DeliberationState): (Settled & { until: number })[] {
  return all(state).flatMap((settled) => (settled.until === undefined ? [] : [{ ...settled, until: settled.until }]));
}

/** The steps that are decided, newest first. */
export function decided(state: DeliberationState, limit: number): Settled[] {
  return all(state)
    .filter((settled) => settled.until === undefined)
    .sort((a, b) => b.at - a.at)
    .slice(0, limit);
}

const all = (state: DeliberationState): Settled[] => [...state.cases.values()].flatMap((c) => [...c.steps.values()]);

/** Judges a proposal. The same one again changes nothing. `wait`: ms that a person has to answer. */
export function propose(
  state: DeliberationState,
  policy: Policy & { wait: number },
  proposal: ProposalData,
  now: number,
): DeliberationEvent[] {
  if (alreadyJudged(state, proposal)) return [];
  const judgement = judge(policy, proposal, remembered(state, proposal));
  const event = { type: 'acquire.judged' as const, at: now, proposal };
  if (judgement.verdict !== 'ask') return [{ ...event, judgement }];
  const others = pending(state).filter((settled) => settled.proposal.proposal !== proposal.proposal);
  const wait = proposal.stage === 'contract' ? CONTRACT_WAIT : policy.wait;
  if (others.length < MOST_PENDING) return [{ ...event, judgement, until: now + wait }];
  const because = `${judgement.because}, but ${MOST_PENDING} others wait for one already`;
  return [{ ...event, judgement: { ...judgement, verdict: 'deny', because } }];
}

function remembered(state: DeliberationState, { proposal, type, candidate }: ProposalData): Remembered {
  const dismissed = state.dismissed.get(packageIn(candidate.spec));
  const known = state.cases.get(proposal);
  const forbidden = state.forbidden.get(type);
  const memory: Remembered = { installed: wasInstalled(known, sourceOf(candidate.spec)) };
  if (known?.answer) memory.answer = known.answer;
  if (forbidden) memory.forbidden = forbidden;
  if (dismissed) memory.dismissed = dismissed;
  return memory;
}

function wasInstalled(known: Case | undefined, source: string): boolean {
  const steps = [...(known?.steps.values() ?? [])];
  return steps.some(
    ({ proposal, judgement }) =>
      proposal.stage === 'install' && sourceOf(proposal.candidate.spec) === source && judgement.verdict === 'allow',
  );
}

/** A person's answer to what waits; `refused` says why it does not count. */
export function answer(
  state: DeliberationState,
  given: { proposal: string; verdict: 'allow' | 'deny'; because: string; by: string },
  now: number,
): { events: DeliberationEvent[] } | { refused: string } {
  const waiting = pending(state).find((settled) => settled.proposal.proposal === given.proposal);
  if (!waiting || waiting.until <= now) return { refused: `no decision about ${given.proposal} waits for a person` };
  if (waiting.proposal.by === given.by)
    return { refused: `${given.by} asked for it: nobody approves their own request` };
  const because = given.because || `${given.by} said ${given.verdict === 'allow' ? 'yes' : 'no'}`;
  return { events: [{ type: 'acquire.answered', at: now, step: stepOf(waiting.proposal), ...given, because }] };
}

/** Asks that nobody answered in time. */
export function lapse(state: DeliberationState, now: number): DeliberationEvent[] {
  return pending(state)
    .filter((settled) => settled.until <= now)
    .map(({ proposal }) => ({
      type: 'acquire.lapsed',
      at: now,
      proposal: proposal.proposal,
      step: stepOf(proposal),
    }));
}

/** The message that tells it. */
export function verdictOf({ proposal, judgement }: Settled, epoch: number): VerdictData {
  const { verdict, rule, because, by } = judgement;
  return { proposal, verdict, rule, because, by, epoch };
}

/** The decisions that wait for a person, and the latest of those that were made. */
export function decisionsOf(state: DeliberationState, epoch: number): Answer<'decisions'> {
  return {
    pending: pending(state).map((settled) => ({ ...verdictOf(settled, epoch), until: settled.until })),
    decided: decided(state, MOST_SHOWN).map((settled) => ({ ...verdictOf(settled, epoch), at: settled.at })),
  };
}
