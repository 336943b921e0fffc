import { Proposal, setBounded, sourceOf } from '@vsmcp/vsm';
import { z } from 'zod';
import { packageIn } from '../policy/names.js';
import { type Judgement, type ProposalData, type Remembered, termsOf } from './decision.js';
import { fingerprint } from './fingerprint.js';

/** Proposals remembered. */
const MOST_CASES = 1000;
/** Steps remembered of one proposal: its candidates, their tools and stages. */
const MOST_STEPS = 20;

const JudgementEvent = z.object({
  verdict: z.enum(['allow', 'deny', 'ask']),
  rule: z.string(),
  because: z.string(),
  by: z.string(),
  forbidden: z.literal(true).optional(),
});

/** The events of acquisitions, as they are journalled. Times in ms since the epoch. */
export const DeliberationEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('acquire.judged'),
    at: z.number(),
    proposal: Proposal.data,
    judgement: JudgementEvent,
    /** For an ask: until when a person can answer. */
    until: z.number().optional(),
  }),
  z.object({
    type: z.literal('acquire.answered'),
    at: z.number(),
    proposal: z.string(),
    step: z.string(),
    verdict: z.enum(['allow', 'deny']),
    by: z.string(),
    because: z.string(),
  }),
  z.object({ type: z.literal('acquire.lapsed'), at: z.number(), proposal: z.string(), step: z.string() }),
]);
export type DeliberationEvent = z.infer<typeof DeliberationEvent>;

/**
 * One step of a proposal (a candidate and tool at a stage) and where it stands. `print` is a hash of the proposal as it
 * came; its evidence, which can be large, is kept while a person is asked.
 */
export interface Settled {
  proposal: ProposalData;
  print: string;
  judgement: Judgement;
  at: number;
  until?: number;
}

export interface Case {
  steps: ReadonlyMap<string, Settled>;
  answer?: NonNullable<Remembered['answer']>;
}

export interface DeliberationState {
  cases: ReadonlyMap<string, Case>;
  /** Event type → the forbid rule that stopped something for it. */
  forbidden: ReadonlyMap<string, { rule: string; because: string }>;
  /** Package → who had its server removed; until somebody asks for it again. */
  dismissed: ReadonlyMap<string, { by: string; because: string }>;
}

export const NO_DELIBERATION: DeliberationState = { cases: new Map(), forbidden: new Map(), dismissed: new Map() };

/** The name of a step within its proposal. */
export const stepOf = ({ stage, candidate, tool }: ProposalData): string =>
  `${stage} ${sourceOf(candidate.spec)} ${tool ?? ''}`;

export function evolve(state: DeliberationState, event: DeliberationEvent): DeliberationState {
  if (event.type === 'acquire.judged') return judged(state, event);
  const known = state.cases.get(event.proposal);
  const settled = known?.steps.get(event.step);
  if (!known || !settled) return state;
  const { until: _, ...rest } = settled;
  const lapsed: Judgement = { verdict: 'deny', rule: 'no-answer', because: 'nobody answered in time', by: 'policy' };
  if (event.type === 'acquire.lapsed')
    return withStep(state, event.proposal, event.step, { ...rest, judgement: lapsed, at: event.at }, known.answer);
  const { verdict, by, because } = event;
  const judgement: Judgement = { verdict, rule: 'acquire.ask', because, by };
  const answer = { verdict, by, because, terms: termsOf(settled.proposal) };
  return withStep(state, event.proposal, event.step, { ...rest, judgement, at: event.at }, answer);
}

function judged(
  state: DeliberationState,
  event: Extract<DeliberationEvent, { type: 'acquire.judged' }>,
): DeliberationState {
  const { judgement, at, until } = event;
  const print = fingerprint(event.proposal);
  const { evidence, ...proposal } = event.proposal;
  const settled: Settled = { proposal, print, judgement, at };
  if (until !== undefined) {
    settled.until = until;
    if (evidence) settled.proposal = event.proposal;
  }
  const answer = state.cases.get(proposal.proposal)?.answer;
  const next = withStep(state, proposal.proposal, stepOf(proposal), settled, answer);
  if (judgement.verdict === 'allow') return { ...next, dismissed: dismissedBy(state, proposal) };
  if (!judgement.forbidden) return next;
  const { rule, because } = judgement;
  return { ...next, forbidden: setBounded(state.forbidden, proposal.type, { rule, because }, MOST_CASES) };
}

/** Packages that somebody had removed, which are not taken in again by themselves. */
function dismissedBy({ dismissed }: DeliberationState, { stage, candidate, by, because }: ProposalData) {
  const name = packageIn(candidate.spec);
  if (stage === 'dismiss') return setBounded(dismissed, name, { by: by ?? 'somebody', because }, MOST_CASES);
  if (stage !== 'install' || by === undefined || !dismissed.has(name)) return dismissed;
  return new Map([...dismissed].filter(([known]) => known !== name));
}

/** The state with a step of a proposal settled; questions put to a person about its earlier steps are moot. */
function withStep(
  state: DeliberationState,
  proposal: string,
  step: string,
  settled: Settled,
  answer: Case['answer'],
): DeliberationState {
  const before = [...(state.cases.get(proposal)?.steps ?? [])].filter(([, { until }]) => until === undefined);
  const next: Case = { steps: setBounded(new Map(before), step, settled, MOST_STEPS) };
  if (answer) next.answer = answer;
  const settles = ({ steps }: Case) => [...steps.values()].every(({ until }) => until === undefined);
  return { ...state, cases: setBounded(state.cases, proposal, next, MOST_CASES, settles) };
}
