import type { CapabilityState, DataOf, Tried, Verdict, Waiting } from '@vsmcp/vsm';
import { judge } from '../matching/trial.js';
import { advance, evolveAll } from './advance.js';
import { late, takeOver } from './late.js';
import type { Limits } from './limits.js';
import { installOf, matchesOf, toolsOf } from './propose.js';
import {
  type AcquisitionEvent,
  isOver,
  type Option,
  type Probe,
  type Saga,
  type State,
  sagaOf,
  type Wish,
} from './state.js';

import { moved, onward, opened, passed, takenBack } from './steps.js';

/** Sagas at work at the same time; those that wait for a person do not count. */
const PARALLEL = 2;

/** What was proposed rests on what was known then, however old it is by now. */
const FOREVER = { ttl: Number.POSITIVE_INFINITY, retry: Number.POSITIVE_INFINITY };

/** What System 4 learns about acquisitions, and when. */
export type Input =
  | { kind: 'waiting'; waiting: readonly Waiting[]; types: number; ids: () => string }
  | { kind: 'wish'; proposal: string; type: string; wish: Wish; waiting: readonly Waiting[] }
  | { kind: 'ranked'; proposal: string; options: Option[] }
  | { kind: 'unsearchable'; proposal: string; because: string }
  | { kind: 'verdict'; said: DataOf<typeof Verdict> }
  | { kind: 'tried'; said: DataOf<typeof Tried> }
  | { kind: 'capability'; said: DataOf<typeof CapabilityState> }
  | { kind: 'tick' }
  | { kind: 'takeover' };

/** What follows from an input. Pure: the time is passed in, ms since the epoch. */
export function decide(state: State, input: Input, now: number, limits: Limits): AcquisitionEvent[] {
  switch (input.kind) {
    case 'waiting':
      return onWaiting(state, input, now, limits);
    case 'wish': {
      const { proposal, type, wish } = input;
      const one = input.waiting.find((entry) => entry.type === type);
      const busy = state.sagas.get(type);
      if (sagaOf(state, proposal) || (busy && !isOver(busy))) return [];
      return [opened(proposal, type, one?.events ?? 0, one?.samples ?? [], now, wish)];
    }
    case 'ranked': {
      const saga = sagaOf(state, input.proposal);
      if (saga?.step !== 'searching') return [];
      const ranked = { type: 'acquisition.ranked' as const, proposal: saga.proposal, at: now, options: input.options };
      return [ranked, ...advance(evolveAll(state, [ranked]), saga.type, now, limits)];
    }
    case 'unsearchable': {
      const saga = sagaOf(state, input.proposal);
      return saga?.step === 'searching' ? [moved(saga, 'failed', input.because, now)] : [];
    }
    case 'verdict':
      return onVerdict(state, input.said, now, limits);
    case 'tried':
      return onTried(state, input.said, now, limits);
    case 'capability':
      return onCapability(state, input.said, now);
    case 'tick':
      return [...state.sagas.values()].flatMap((saga) => late(state, saga, now, limits));
    case 'takeover':
      return [...state.sagas.values()].flatMap((saga) => takeOver(saga, now));
  }
}

function onWaiting(
  state: State,
  { waiting, types, ids }: Extract<Input, { kind: 'waiting' }>,
  now: number,
  limits: Limits,
): AcquisitionEvent[] {
  const events: AcquisitionEvent[] = [];
  const whole = waiting.length >= types;
  for (const saga of state.sagas.values()) {
    if (saga.step !== 'confirming' && saga.step !== 'installing') continue;
    if (saga.said?.stage !== 'install' || saga.said.response === undefined) continue;
    const left = waiting.find((entry) => entry.type === saga.type && entry.cause !== 'guard');
    const because = saga.said.tool === undefined ? saga.because : `${saga.said.server}.${saga.said.tool} answers it`;
    if (left === undefined) {
      if (whole) events.push(moved(saga, 'closed', because, now, 0));
    } else if (left.events < saga.waiting && saga.step === 'confirming')
      events.push(moved(saga, 'confirming', `${left.events} still wait`, now, left.events));
  }
  let slots = PARALLEL - [...state.sagas.values()].filter((saga) => !isOver(saga) && saga.step !== 'asking').length;
  const gaps = waiting.filter((entry) => entry.cause === 'unanswered' || entry.cause === 'wanted');
  for (const entry of [...gaps].sort((a, b) => b.events - a.events).slice(0, limits.types)) {
    if (slots <= 0) break;
    const saga = state.sagas.get(entry.type);
    if (saga && (!isOver(saga) || now < nextTry(saga, limits))) continue;
    // What System 5 remembers of a type's proposal, a person's no among it, holds until it was closed.
    const proposal = saga && saga.step !== 'closed' ? saga.proposal : ids();
    events.push(opened(proposal, entry.type, entry.events, entry.samples, now));
    slots--;
  }
  return events;
}

/** When a type that is over may be taken up again: at once after success, later and later after failure. */
export function nextTry(saga: Saga, limits: Limits): number {
  if (saga.step === 'closed') return saga.at;
  if (saga.step === 'refused') return saga.at + limits.settling;
  return saga.at + limits.retry * 2 ** Math.min(Math.max(0, saga.rounds - 1), 6);
}

function onVerdict(state: State, said: DataOf<typeof Verdict>, now: number, limits: Limits): AcquisitionEvent[] {
  const saga = sagaOf(state, said.proposal.proposal);
  const about = saga?.said;
  if (saga === undefined || about === undefined || saga.allowed) return [];
  // A yes that comes after it was given up for lack of an answer is a yes all the same: System 3 acts on it.
  if (isOver(saga) && !(saga.step === 'failed' && said.verdict === 'allow')) return [];
  if (about.stage !== said.proposal.stage || about.candidate.spec.npm !== said.proposal.candidate.spec.npm) return [];
  if (about.tool !== said.proposal.tool) return [];
  const fitted = about.stage === 'trial' || about.stage === 'install';
  const ruled: AcquisitionEvent = {
    type: 'acquisition.ruled',
    proposal: saga.proposal,
    at: now,
    verdict: said.verdict,
    rule: said.rule,
    because: said.because,
    stopped: said.verdict === 'deny' && fitted && limits.forbids.has(said.rule),
  };
  if (said.verdict === 'ask') return [ruled];
  if (said.verdict === 'allow') {
    // A server that the fleet has already starts no more: what is left is to see the gap close.
    const there = about.stage === 'install' && saga.options[saga.option]?.installed !== undefined;
    const step = about.response === undefined ? 'closed' : 'confirming';
    return there ? [ruled, moved(saga, step, `${about.server} is there already`, now)] : [ruled];
  }
  const because = `${about.server}: ${said.rule}, ${said.because}`;
  if (about.stage === 'refuse') return [ruled, moved(saga, 'failed', because, now)];
  if (about.stage === 'remove') return [ruled, moved(saga, 'rolled-back', because, now)];
  // Another tool of the same server may be free of what the rule forbids.
  const what = about.stage === 'trial' && ruled.stopped ? 'tool' : 'option';
  return onward(state, saga, [ruled, passed(saga, what, because, now)], now, limits);
}

function onTried(state: State, said: DataOf<typeof Tried>, now: number, limits: Limits): AcquisitionEvent[] {
  const saga = sagaOf(state, said.proposal);
  const about = saga?.said;
  if (saga === undefined || about === undefined || isOver(saga) || !saga.allowed) return [];
  const reason = said.reason ?? 'it could not be tried';
  if (about.stage === 'probe') {
    const { ok, tools, confinement, integrity, mcpName, contract } = said;
    const probe: Probe = { at: now, ok, because: ok ? 'probed' : reason, tools };
    if (confinement) probe.confinement = confinement;
    if (integrity) probe.integrity = integrity;
    if (mcpName) probe.mcpName = mcpName;
    if (contract) probe.contract = contract;
    const npm = about.candidate.spec.npm;
    return onward(
      state,
      saga,
      [{ type: 'acquisition.probed', proposal: saga.proposal, at: now, npm, probe }],
      now,
      limits,
    );
  }
  const option = saga.options[saga.option];
  if (about.stage !== 'trial' || option === undefined) return [];
  const known = toolsOf(option, state.probes, now, FOREVER);
  const match = known && matchesOf(saga, known)[saga.match];
  if (known === undefined || match === undefined || !said.ok)
    return onward(state, saga, [passed(saga, 'option', `${about.server}: ${reason}`, now)], now, limits);
  const judgement = judge(match, said.results);
  if (!judgement.ok) return onward(state, saga, [passed(saga, 'tool', judgement.because, now)], now, limits);
  const { confinement, integrity, mcpName, contract, tools } = said;
  const shown: Probe = { ...known, tools };
  if (confinement) shown.confinement = confinement;
  if (integrity) shown.integrity = integrity;
  if (mcpName) shown.mcpName = mcpName;
  if (contract) shown.contract = contract;
  const install = installOf(about, shown, said.results, judgement.because, judgement.guard);
  const { option: at, match: which } = saga;
  return [{ type: 'acquisition.proposed', proposal: saga.proposal, at: now, said: install, option: at, match: which }];
}

function onCapability(state: State, said: DataOf<typeof CapabilityState>, now: number): AcquisitionEvent[] {
  for (const saga of state.sagas.values()) {
    if (saga.said?.server !== said.server || saga.said.stage !== 'install' || !saga.allowed || isOver(saga)) continue;
    if (said.proposal !== undefined && said.proposal !== saga.proposal) continue;
    if (said.state === 'ready' && saga.step === 'installing') {
      if (saga.said.response === undefined) return [moved(saga, 'closed', `${said.server} is ready`, now)];
      return [moved(saga, 'confirming', `${said.server} is ready: does the gap close?`, now)];
    }
    if (said.state === 'failed' || said.state === 'suspended')
      return [takenBack(saga, `${said.server} ${said.state}: ${said.reason ?? 'no reason given'}`, now)];
  }
  return [];
}
