import type { CapabilityState, DataOf, Demand, Tried, Verdict, Waiting } from '@vsmcp/vsm';
import { wake } from './advance.js';
import { onClosing, onGaps } from './gaps.js';
import { late, takeOver } from './late.js';
import type { Limits } from './limits.js';
import { type AcquisitionEvent, type CapabilityRequest, isOver, type Option, type State, sagaOf } from './state.js';
import { moved, opened, takenBack } from './steps.js';
import { onTried } from './tried.js';
import { onVerdict } from './verdict.js';

/** The inputs of System 4's acquisitions. */
export type Input =
  | {
      kind: 'waiting';
      waiting: readonly Waiting[];
      /** Of the gaps beyond the first `told`, only those that some server seems to be for are taken up. */
      promising: ReadonlySet<string>;
      told: number;
      ids: () => string;
    }
  | {
      kind: 'closing';
      /** Types of which it was asked what waits, and the answer. */
      asked: readonly string[];
      waiting: readonly Waiting[];
    }
  | { kind: 'demand'; said: DataOf<typeof Demand>; proposal: string }
  | {
      kind: 'wish';
      proposal: string;
      type: string;
      wish: CapabilityRequest;
      /** The entries that wait of the type. */
      waiting: readonly Waiting[];
    }
  | { kind: 'ranked'; proposal: string; options: Option[] }
  /** The fleet has what is wished for. */
  | { kind: 'there'; proposal: string; because: string }
  | { kind: 'unsearchable'; proposal: string; because: string }
  | { kind: 'verdict'; said: DataOf<typeof Verdict> }
  | { kind: 'tried'; said: DataOf<typeof Tried> }
  | { kind: 'capability'; said: DataOf<typeof CapabilityState> }
  | { kind: 'tick' }
  | { kind: 'takeover' };

/** Decides the events that follow from an input. Pure: the time is passed in, ms since the epoch. */
export function decide(state: State, input: Input, now: number, limits: Limits): AcquisitionEvent[] {
  switch (input.kind) {
    case 'waiting':
      return onGaps(state, input, now, limits);
    case 'closing':
      return wake(state, onClosing(state, input, now), now, limits);
    case 'demand': {
      const { type, wish, by } = input.said;
      return [{ type: 'acquisition.demanded', proposal: input.proposal, at: now, event: type, text: wish, by }];
    }
    case 'wish': {
      const { proposal, type, wish, waiting } = input;
      const busy = state.sagas.get(type);
      if (sagaOf(state, proposal) || (busy && !isOver(busy))) return [];
      const demand = state.demands.get(type);
      const wished = demand ? { ...wish, text: demand.text } : wish;
      const events = waiting.reduce((sum, entry) => sum + entry.events, 0);
      const samples = waiting.flatMap((entry) => entry.samples);
      return [opened(proposal, type, events, samples, now, wished)];
    }
    case 'ranked': {
      const saga = sagaOf(state, input.proposal);
      if (saga?.step !== 'searching' || saga.options !== undefined) return [];
      const ranked = { type: 'acquisition.ranked' as const, proposal: saga.proposal, at: now, options: input.options };
      return wake(state, [ranked], now, limits);
    }
    case 'there': {
      const saga = sagaOf(state, input.proposal);
      const searching = saga?.step === 'searching' && saga.options === undefined;
      return searching ? [moved(saga, 'closed', input.because, now)] : [];
    }
    case 'unsearchable': {
      const saga = sagaOf(state, input.proposal);
      const searching = saga?.step === 'searching' && saga.options === undefined;
      return searching ? [moved(saga, 'failed', input.because, now)] : [];
    }
    case 'verdict':
      return wake(state, onVerdict(state, input.said, now, limits), now, limits);
    case 'tried':
      return wake(state, onTried(state, input.said, now), now, limits);
    case 'capability':
      return wake(state, onCapability(state, input.said, now), now, limits);
    case 'tick':
      return late(state, now, limits);
    case 'takeover':
      return takeOver(state, now);
  }
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
