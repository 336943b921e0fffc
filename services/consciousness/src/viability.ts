import {
  ago,
  count,
  duration,
  loopText,
  percent,
  SYSTEM_NAMES,
  some,
  type VarietyReport,
  VIABLE_SYSTEMS,
} from '@vsmcp/vsm';
import { dangersBelow } from './below.js';
import type { Model } from './model.js';
import { presenceOf } from './presence.js';
import { allWaiting } from './waiting.js';

export interface Viability {
  viable: boolean;
  /** Sentences for a person: first what makes it not viable, then what endangers it. */
  reasons: string[];
  /** Too few events are answered. */
  critical: boolean;
}

/**
 * Viable: of the traffic at least the share `threshold` is answered, all five systems are present, and no critical
 * pain, nor pain that climbed to System 5, goes unacknowledged. A fleet to which nothing happened is not held to the
 * first.
 */
export function viability(model: Model, variety: VarietyReport, threshold: number, now: number): Viability {
  const missing = missingSystems(model, now);
  const critical = variety.answered !== null && variety.answered < threshold;
  const share = critical
    ? [
        `${percent(variety.answered ?? 0)} of the events of the last ${duration(variety.window)} were answered; variety_threshold asks for ${percent(threshold)}`,
      ]
    : [];
  const pains = unacknowledged(model, now);
  const against = [...missing, ...share, ...pains];
  return { viable: against.length === 0, reasons: [...against, ...dangers(model, variety, now)], critical };
}

function missingSystems(model: Model, now: number): string[] {
  return VIABLE_SYSTEMS.flatMap((system) => {
    const { present, instances, heard } = presenceOf(model.presence, system, now);
    if (present) return [];
    const name = SYSTEM_NAMES[system];
    if (heard === null) return [`${name} is missing: no heartbeat in ${ago(model.since, now)} of listening`];
    if (instances.some(({ state }) => state === 'standby')) return [`${name} has only a standby: none leads yet`];
    return [`${name} is missing: its last heartbeat was ${ago(heard, now)} ago`];
  });
}

function unacknowledged(model: Model, now: number): string[] {
  const alerts = [...model.alerts.values()]
    .filter(({ level, severity }) => level === 'system5' || (level === 'owner' && severity === 'critical'))
    .map(
      ({ unit, what, since, level }) =>
        `${unit} hurts since ${ago(since, now)}${level === 'system5' ? ', System 5 was told' : ''}, nobody acknowledged: ${what}`,
    );
  const direct = [...model.pains.values()]
    .filter(({ alert, severity }) => severity === 'critical' && !model.alerts.has(alert))
    .map(({ unit, what, since }) => `critical pain of ${unit} since ${ago(since, now)}, nobody acknowledged: ${what}`);
  return [...alerts, ...direct];
}

/** ms after which a loop that is held down is no news any more, and comes last. */
const HELD_DOWN = 600_000;

function dangers(model: Model, variety: VarietyReport, now: number): string[] {
  const reasons: string[] = [];
  const { types, events } = variety.waiting;
  if (types > 0) {
    const kinds = allWaiting(model, now).map((waiting) => `${waiting.type} (${waiting.events})`);
    reasons.push(`${count(types, 'kind waits', 'kinds wait')}, ${count(events, 'event')}: ${some(kinds, 5)}`);
  }
  reasons.push(...dangersBelow(model, now));
  for (const { unit, what, level } of model.alerts.values()) {
    if (level === 'owner') reasons.push(`${unit} hurts, its owner was told: ${what}`);
  }
  const isOld = ({ resource }: { resource: string }) => now - (model.loopsSince.get(resource) ?? now) > HELD_DOWN;
  const loops = [...model.loops.values()];
  for (const loop of loops.filter((one) => !isOld(one)))
    reasons.push(`${loopText(loop)}: ${loop.before.toFixed(0)} turns a minute, held to ${loop.limit}`);
  for (const { beat, at } of model.presence.values()) {
    if (now - at > model.old) continue;
    for (const [check, trouble] of Object.entries(beat.trouble)) reasons.push(`${beat.instance}: ${check}: ${trouble}`);
  }
  const account = model.views.account;
  if (account && now - account.asOf > model.old) {
    reasons.push(`System 1 has not answered for ${ago(account.asOf, now)}: what waits and the account are as of then`);
  }
  for (const loop of loops.filter(isOld))
    reasons.push(
      `${loopText(loop)}: held to ${loop.limit} turns a minute for ${ago(model.loopsSince.get(loop.resource) ?? now, now)}`,
    );
  return reasons;
}
