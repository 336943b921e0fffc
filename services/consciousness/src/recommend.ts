import {
  count,
  type DataOf,
  HAVING,
  type Loop,
  loopText,
  SHARES_OF_THE_POOL,
  SYSTEM_NAMES,
  THEIR_LOAD,
  VIABLE_SYSTEMS,
} from '@vsmcp/vsm';
import type { Model } from './model.js';
import { presenceOf } from './presence.js';
import { forAllWaiting, type Gap } from './waiting.js';

/**
 * Gaps in the fleet, each with a mend that exists: a capability to acquire, a unit to change, a setting to raise, or a
 * system to start.
 */

/** @param limit the setting max_concurrent_operations */
export function recommend(model: Model, limit: number, now: number): Gap[] {
  return [
    ...missing(model, now),
    ...forAllWaiting(model, now),
    ...forHeld(model),
    ...forShed(model, limit, now),
    ...forLoops(model),
    ...forPain(model),
  ];
}

function missing(model: Model, now: number): Gap[] {
  return VIABLE_SYSTEMS.filter((system) => !presenceOf(model.presence, system, now).present).map((system) => ({
    system,
    events: 0,
    recommendation: `start ${SYSTEM_NAMES[system]}: no active instance of it has a heartbeat`,
  }));
}

/** The mend that settles them. */
const SETTLES = { dead: 'replay or discard', doubt: 'done, replay or discard', asked: 'answer' } as const;
const HELD = {
  dead: 'failed for good',
  doubt: 'may have been done: look before you repeat them',
  asked: 'wait for a person',
} as const;

function forHeld(model: Model): Gap[] {
  const outcomes = model.views.account?.value.outcomes ?? {};
  return (['dead', 'doubt', 'asked'] as const).flatMap((reason) => {
    const events = outcomes[reason] ?? 0;
    if (events === 0) return [];
    return [
      {
        system: 's1',
        events,
        recommendation: `${count(events, 'event')} ${HELD[reason]}: vsmcp held list --reason ${reason}, then vsmcp held ${SETTLES[reason]}`,
      },
    ];
  });
}

function forShed(model: Model, limit: number, now: number): Gap[] {
  const events = model.traffic.shed(now);
  if (events === 0) return [];
  return [
    {
      system: 's3',
      events,
      recommendation: `${count(events, 'event was', 'events were')} let go under overload: raise settings.max_concurrent_operations (now ${limit}), or run another replica of System 1`,
    },
  ];
}

function forLoops(model: Model): Gap[] {
  return [...model.loops.values()].map((loop) => ({
    system: 's2',
    events: 0,
    recommendation: `${loopText(loop)}: ${mendOf(loop)}`,
  }));
}

function mendOf({ resource, first }: DataOf<typeof Loop>): string {
  if (resource === SHARES_OF_THE_POOL || resource === THEIR_LOAD)
    return 'give one of them a minimum, or run another replica of System 1';
  if (resource.startsWith(HAVING)) return 'see why in vsmcp journal, or put its name under policy.acquire.deny';
  if (first) return `the others yield to ${first.unit}; change their responses in units`;
  return 'change a response of one of them in units, or say whose purpose comes first: vsmcp coordination prefer';
}

function forPain(model: Model): Gap[] {
  return [...model.alerts.values()]
    .filter(({ level }) => level === 'owner' || level === 'system5')
    .map(({ alert, unit, what }) => ({
      system: 's5',
      events: 0,
      recommendation: `${unit} hurts: ${what}; when you have seen to it: vsmcp algedonic ack ${alert}`,
    }));
}
