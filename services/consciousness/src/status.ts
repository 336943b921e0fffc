import type { FleetConfig } from '@vsmcp/service';
import { type Answer, ago, count, type Status, SYSTEMS, type System } from '@vsmcp/vsm';
import type { Model } from './model.js';
import { healthOf, presenceOf } from './presence.js';
import { recommend } from './recommend.js';
import { pathologiesOf } from './signs.js';
import { varietyOf } from './variety.js';
import { viability } from './viability.js';
import { allWaiting, forAllWaiting, type Gap } from './waiting.js';

/** Traffic is judged over five checks of variety. ms */
export const windowOf = (config: FleetConfig): number => 5 * config.settings.variety_check_interval;

/** The answer to `variety`: what is missing, and a mend for each gap. */
export function varietyAnswer(model: Model, config: FleetConfig, now: number): Answer<'variety'> {
  const variety = varietyOf(model, windowOf(config), now);
  const { critical } = viability(model, variety, config.settings.variety_threshold, now);
  return { variety, critical, gaps: recommend(model, config.settings.max_concurrent_operations, now) };
}

/** The answer to `status`, from the model alone. What System 1 was asked carries `asOf`, ms since the epoch. */
export function statusAnswer(model: Model, config: FleetConfig, now: number): Status {
  const variety = varietyOf(model, windowOf(config), now);
  const { viable, reasons } = viability(model, variety, config.settings.variety_threshold, now);
  const pathologies = pathologiesOf(model, config, now);
  const { views } = model;
  const of = (system: System) => {
    const { present, instances } = presenceOf(model.presence, system, now);
    return { present, instances };
  };
  const acquisitions = [...model.acquisitions.values()];
  return {
    name: config.name,
    purpose: config.purpose,
    viable,
    reasons: [...reasons, ...pathologies.map(({ name, title, evidence }) => `${name}: ${title}: ${evidence}`)],
    pathologies,
    systems: {
      1: {
        ...of('s1'),
        units: views.units?.value.total ?? Object.keys(config.units).length,
        variety_absorbed: variety.available,
        servers: views.capabilities?.value.capabilities.filter(({ state }) => state === 'ready').length ?? 0,
      },
      2: {
        ...of('s2'),
        conflicts_resolved: views.coordination?.value.conflicts_resolved ?? 0,
        loops: [...model.loops.values()],
      },
      3: { ...of('s3'), efficiency: efficiencyOf(model, now) },
      4: {
        ...of('s4'),
        threats: threats(model, now),
        opportunities: opportunities(forAllWaiting(model, now)),
        acquisitions,
      },
      5: {
        ...of('s5'),
        policies_active: views.policies?.value.policies.length ?? config.policy.forbid.length,
        pending: model.pending.size,
        alerts: [...model.alerts.values()],
      },
    },
    variety,
    health: health(model, now),
    account: accountOf(model),
    at: now,
    listening: model.since,
  };
}

/** The performance of all units, by System 3's measure, while it is not older than what it measures. */
function efficiencyOf({ performance }: Model, now: number): number | null {
  return performance && now - performance.at <= performance.window ? performance.efficiency : null;
}

/** From the ledger where System 1 has said it; until then what its reports added up to, marked as such. */
function accountOf({ views, heard }: Model): Status['account'] {
  if (views.account) return { ...views.account.value, asOf: views.account.asOf, from: 'ledger' };
  return { received: heard.received, outcomes: heard.outcomes, asOf: heard.at, from: 'reports' };
}

function threats(model: Model, now: number): string[] {
  const stressed = [...model.stressed.values()].map(
    ({ unit, since, because }) => `${unit} cannot cope since ${ago(since, now)}: ${because}`,
  );
  const waiting = allWaiting(model, now).map(
    ({ type, events, since, because }) =>
      `${type}: ${count(events, 'event waits', 'events wait')} since ${ago(since, now)} (${because})`,
  );
  return [...stressed, ...waiting];
}

/** Chances to close a gap that only need time or a word. */
function opportunities(gaps: readonly Gap[]): string[] {
  return gaps.filter(({ system }) => system !== 's1').map((gap) => gap.recommendation);
}

function health(model: Model, now: number): Status['health'] {
  const services = Object.fromEntries(SYSTEMS.map((system) => [system, healthOf(model.presence, system, now)]));
  const states = Object.entries(services);
  if (states.every(([, state]) => state === 'ok')) return { status: 'ok', services };
  const down = states.some(([system, state]) => state === 'down' && system.startsWith('s'));
  return { status: down ? 'down' : 'degraded', services };
}
