import { type TypeResults, type VarietyReport, varietyInStates } from '@vsmcp/vsm';
import { demandFates, demandsWaiting } from './demand.js';
import type { Model } from './model.js';
import type { Tally } from './traffic.js';

/**
 * The variety of the window, in states and events. An event that was held counts as unanswered only as long as it is
 * held: what was parked in the window counts at most as often as System 1 says that it still waits (and likewise dead,
 * doubt, asked).
 */
export function varietyOf(model: Model, window: number, now: number): VarietyReport & { asOf: number | null } {
  const traffic = model.traffic.read(now);
  const waits = waitsNow(model);
  const held = (kind: 'dead' | 'doubt' | 'asked'): number => {
    const account = model.views.account?.value;
    return account === undefined ? Number.POSITIVE_INFINITY : (account.outcomes[kind] ?? 0);
  };
  const limits = { dead: held('dead'), doubt: held('doubt'), asked: held('asked') };
  const fate = (tally: Tally, waiting: number): TypeResults => {
    const still =
      Math.min(tally.parked, waiting) +
      Math.min(tally.dead, limits.dead) +
      Math.min(tally.doubt, limits.doubt) +
      Math.min(tally.asked, limits.asked);
    return { events: tally.absorbed + tally.shed + still, absorbed: tally.absorbed };
  };

  const fates: TypeResults[] = [];
  let settled = 0;
  for (const [type, tally] of traffic.types) {
    const of = fate(tally, waits.of(type));
    if (of.events > 0 || waits.listed.has(type)) fates.push(of);
    else settled++;
  }
  for (const type of waits.listed.keys()) if (!traffic.types.has(type)) fates.push({ events: 0, absorbed: 0 });
  fates.push(...demandFates(model.demands, now, window));
  const wishes = demandsWaiting(model.demands, now, window);
  const named = traffic.types.size - settled;
  const beyond = {
    ...fate(traffic.beyond, waits.unlisted.events),
    types: Math.max(traffic.beyond.types, waits.unlisted.types - Math.max(0, named - waits.listed.size)),
  };
  return {
    window,
    from: Math.max(traffic.from, model.since),
    to: traffic.to,
    ...varietyInStates(fates, beyond.events > 0 || waits.unlisted.types > 0 ? beyond : { ...beyond, types: 0 }),
    waiting: {
      types: waits.types + wishes.length,
      events: wishes.reduce((sum, { events }) => sum + events, waits.events),
    },
    events: fates.reduce((sum, { events }) => sum + events, beyond.events),
    asOf: model.views.waiting?.asOf ?? null,
  };
}

interface Waits {
  types: number;
  events: number;
  listed: Map<string, number>;
  /** Waiting types that the answer had no room for. */
  unlisted: { types: number; events: number };
  /** Events of a type that may still wait. */
  of(type: string): number;
}

function waitsNow(model: Model): Waits {
  const answer = model.views.waiting?.value;
  const listed = new Map<string, number>();
  // until System 1 has said what waits, all that was parked may wait
  if (answer === undefined) {
    const unlisted = { types: 0, events: Number.POSITIVE_INFINITY };
    return { types: 0, events: 0, listed, unlisted, of: () => Number.POSITIVE_INFINITY };
  }
  for (const { type, events } of answer.waiting) listed.set(type, (listed.get(type) ?? 0) + events);
  const sum = answer.waiting.reduce((all, { events }) => all + events, 0);
  const unlisted = { types: Math.max(0, answer.types - listed.size), events: Math.max(0, answer.events - sum) };
  return {
    types: answer.types,
    events: answer.events,
    listed,
    unlisted,
    of: (type) => listed.get(type) ?? (unlisted.types > 0 ? unlisted.events : 0),
  };
}
