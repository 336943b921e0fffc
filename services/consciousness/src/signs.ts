import type { FleetConfig } from '@vsmcp/service';
import { type Pathology, pathologies, type Signs } from '@vsmcp/vsm';
import type { Model, ViewName } from './model.js';
import { presenceOf } from './presence.js';
import { allWaiting } from './waiting.js';

/** First word of the types of single operations that System 3 commands. */
const COMMANDED = 'operate.';

/** Questions to each system of the metasystem: one that leads and answers nothing is as good as away. */
const ANSWERS = { s2: 'coordination', s3: 'capabilities', s4: 'acquisitions', s5: 'decisions' } as const;

/** Signs in the model by which pathologies are told. */
export function signsOf(model: Model, { pain }: FleetConfig, now: number): Signs {
  const here = (system: keyof typeof ANSWERS) =>
    presenceOf(model.presence, system, now).present && isFresh(model, ANSWERS[system], now);
  const present = { s2: here('s2'), s3: here('s3'), s4: here('s4'), s5: here('s5') };
  const { events, commanded } = trafficOf(model, now);
  const sought = new Set([...model.acquisitions.values()].map(({ type }) => type));
  return {
    window: model.window,
    watched: now - model.since,
    present,
    events,
    commanded,
    climb: pain.climb,
    steered: steeredOf(model, now),
    uncoordinated: model.traffic.uncoordinated(now),
    gaps: allWaiting(model, now)
      .filter(({ cause }) => cause === 'unanswered' || cause === 'wanted')
      .map(({ type, since }) => ({ type, waited: now - since, pursued: present.s4 && sought.has(type) })),
    pains: painsOf(model, now),
  };
}

export const pathologiesOf = (model: Model, config: FleetConfig, now: number): Pathology[] =>
  pathologies(signsOf(model, config, now));

function isFresh({ views, old }: Model, view: ViewName, now: number): boolean {
  const asOf = views[view]?.asOf;
  return asOf !== undefined && now - asOf <= old;
}

function trafficOf({ traffic }: Model, now: number): { events: number; commanded: number } {
  const { types, beyond } = traffic.read(now);
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, n) => all + n, 0);
  const { types: _, ...fates } = beyond;
  let events = sum(fates);
  let commanded = 0;
  for (const [type, tally] of types) {
    events += sum(tally);
    if (type.startsWith(COMMANDED)) commanded += sum(tally);
  }
  return { events, commanded };
}

/**
 * By System 3's account of the autonomy that it spends: units that have been under its hand for half the window or
 * longer, of those that were busy. None where its account is older than what it measures.
 */
function steeredOf({ performance, window }: Model, now: number): Signs['steered'] {
  if (!performance || now - performance.at > performance.window) return { units: 0, of: 0 };
  const long = (performance.interventions ?? []).filter(({ since }) => now - since >= window / 2);
  return { units: new Set(long.map(({ unit }) => unit)).size, of: Object.keys(performance.units).length };
}

/** As System 5 says it; where it says nothing of a pain, as it was felt. */
function painsOf({ alerts, pains }: Model, now: number): Signs['pains'][number][] {
  const said = [...alerts.values()].filter(({ level }) => level === 'owner' || level === 'system5');
  const felt = [...pains.values()].filter(({ alert }) => !alerts.has(alert));
  return [...said, ...felt].map(({ unit, what, since }) => ({ unit, what, stood: now - since }));
}
