import { typical } from '../matching/fields.js';
import { removeOf } from './propose.js';
import type { AcquisitionEvent, CapabilityRequest, OwnProposal, Saga } from './state.js';

/** The events that decisions are put together from. */

export function opened(
  proposal: string,
  event: string,
  waiting: number,
  samples: readonly unknown[],
  at: number,
  wish?: CapabilityRequest,
): AcquisitionEvent {
  const one = { type: 'acquisition.opened' as const, proposal, at, event, waiting, samples: bounded(typical(samples)) };
  return wish ? { ...one, wish } : one;
}

/** Samples that together stay small enough to be journalled; UTF-16 units. */
function bounded(samples: readonly unknown[]): unknown[] {
  let room = 262_144;
  return samples.filter((sample) => {
    room -= JSON.stringify(sample)?.length ?? 0;
    return room > 0;
  });
}

export function moved(saga: Saga, step: Saga['step'], because: string, at: number, waiting?: number): AcquisitionEvent {
  const event = { type: 'acquisition.moved' as const, proposal: saga.proposal, at, step, because };
  return waiting === undefined ? event : { ...event, waiting };
}

export function passed(saga: Saga, about: OwnProposal, because: string, at: number, tool?: string): AcquisitionEvent {
  const event = { type: 'acquisition.passed' as const, proposal: saga.proposal, at, because };
  const { npm } = about.candidate.spec;
  return tool === undefined ? { ...event, npm } : { ...event, npm, tool };
}

export function proposed({ proposal }: Saga, said: OwnProposal, at: number) {
  return { type: 'acquisition.proposed' as const, proposal, at, said };
}

/** Proposes to take back what was installed. */
export function takenBack(saga: Saga, because: string, at: number): AcquisitionEvent {
  if (saga.said === undefined) return moved(saga, 'failed', because, at);
  return proposed(saga, removeOf(saga.said, because), at);
}
