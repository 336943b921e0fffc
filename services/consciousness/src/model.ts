import {
  type Acquisition,
  type AlertState,
  type Algedonic,
  type Answer,
  type Below,
  type CapabilityState,
  type Counts,
  type DataOf,
  type Demand,
  type Heartbeat,
  type Load,
  Loop,
  type OutcomeKind,
  type Performance,
  type Stress,
  type Verdict,
  type Waiting,
} from '@vsmcp/vsm';
import { type Limits, parted } from './below.js';
import { type Demands, settled, wished } from './demand.js';
import { beat, type Presence } from './presence.js';
import { Traffic } from './traffic.js';

/**
 * The fleet's model of itself: what each message said last, in maps that are bounded. Status, variety and pathologies
 * are pure functions over it; messages and answers only write it.
 */

/** Questions to other systems from time to time, so that the model starts full and heals what it did not hear. */
export const VIEWS = [
  'account',
  'waiting',
  'units',
  'capabilities',
  'acquisitions',
  'decisions',
  'alerts',
  'policies',
  'coordination',
] as const;
export type ViewName = (typeof VIEWS)[number];

/** The latest answer to a question, and when it was given (ms since the epoch). */
export type Views = { [N in ViewName]?: { value: Answer<N>; asOf: number } };

type Timed<T> = T & { at: number };
export type AcquisitionNow = Timed<DataOf<typeof Acquisition>>;

/** The fleet's model of itself. Every map is bounded. */
export interface Model {
  /** Since when it listens. */
  readonly since: number;
  /** ms over which traffic and wishes are counted. */
  readonly window: number;
  /** ms after which an answer of another system, or a heartbeat's trouble, is not of now. */
  readonly old: number;
  readonly presence: Presence;
  readonly traffic: Traffic;
  /** Sums over all reports heard since then. */
  readonly heard: { received: number; outcomes: Counts; at: number | null };
  readonly acquisitions: Map<string, AcquisitionNow>;
  /** Proposals that wait for a person. */
  readonly pending: Map<string, DataOf<typeof Verdict>>;
  /** Alerts that are not closed, as System 5 says them. */
  readonly alerts: Map<string, DataOf<typeof AlertState>>;
  /** Pain as it was said, until pleasure: what is known even without System 5. */
  readonly pains: Map<string, DataOf<typeof Algedonic>>;
  readonly loops: Map<string, DataOf<typeof Loop>>;
  /** Resource of a loop → when it was first heard of, ms since the epoch. */
  readonly loopsSince: Map<string, number>;
  readonly demands: Demands;
  /** Reasons why servers are not there, by their names. */
  readonly troubled: Map<string, DataOf<typeof CapabilityState>>;
  /**
   * Units that are systems: how long an event may wait in each, what waits there and has time still, and how each last
   * reported.
   */
  readonly limits: Limits;
  below: readonly Waiting[];
  readonly systems: Map<string, Timed<DataOf<typeof Below>>>;
  performance: Timed<DataOf<typeof Performance>> | undefined;
  /** Units that cannot cope, as System 3 tells Systems 4 and 5. */
  readonly stressed: Map<string, DataOf<typeof Stress>>;
  readonly views: Views;
}

/** Something that the model learns from: a message that was heard, or an answer to one of its questions. */
export type Fact =
  | { fact: 'heartbeat'; data: DataOf<typeof Heartbeat> }
  | { fact: 'load'; data: DataOf<typeof Load> }
  | { fact: 'capability'; data: DataOf<typeof CapabilityState> }
  | { fact: 'performance'; data: DataOf<typeof Performance> }
  | { fact: 'below'; data: DataOf<typeof Below> }
  | { fact: 'stress'; data: DataOf<typeof Stress> }
  | { fact: 'loop'; data: DataOf<typeof Loop> }
  | { fact: 'demand'; data: DataOf<typeof Demand> }
  | { fact: 'acquisition'; data: DataOf<typeof Acquisition> }
  | { fact: 'verdict'; data: DataOf<typeof Verdict> }
  | { fact: 'alert'; data: DataOf<typeof AlertState> }
  | { fact: 'algedonic'; data: DataOf<typeof Algedonic> }
  | { fact: 'view'; views: Views };

/**
 * @param window ms over which traffic is counted
 * @param old ms after which an answer says that it is old
 * @param limits of the units that are systems
 */
export function newModel(
  window: number,
  now: number,
  { old = 15_000, limits = new Map() }: { old?: number; limits?: Limits } = {},
): Model {
  return {
    since: now,
    window,
    old,
    presence: new Map(),
    traffic: new Traffic(window, now),
    heard: { received: 0, outcomes: {}, at: null },
    acquisitions: new Map(),
    pending: new Map(),
    alerts: new Map(),
    pains: new Map(),
    loops: new Map(),
    loopsSince: new Map(),
    demands: new Map(),
    troubled: new Map(),
    limits,
    below: [],
    systems: new Map(),
    performance: undefined,
    stressed: new Map(),
    views: {},
  };
}

/** Takes a fact in. Changes the model in place (the counters are large); the result depends on the arguments alone. */
export function evolve(model: Model, fact: Fact, now: number): Model {
  switch (fact.fact) {
    case 'heartbeat':
      beat(model.presence, fact.data, now);
      break;
    case 'load':
      takeLoad(model, fact.data, now);
      break;
    case 'capability':
      if (fact.data.state === 'failed' || fact.data.state === 'suspended') {
        keep(model.troubled, fact.data.server, fact.data);
      } else model.troubled.delete(fact.data.server);
      break;
    case 'performance':
      model.performance = { ...fact.data, at: now };
      break;
    case 'below':
      if (model.limits.has(fact.data.unit)) model.systems.set(fact.data.unit, { ...fact.data, at: now });
      break;
    case 'stress':
      if (fact.data.state === 'ends') model.stressed.delete(fact.data.unit);
      else keep(model.stressed, fact.data.unit, fact.data);
      break;
    case 'loop':
      takeLoop(model, fact.data, now);
      break;
    case 'demand':
      wished(model.demands, fact.data, now, model.window);
      break;
    case 'acquisition':
      settled(model.demands, fact.data);
      keep(model.acquisitions, fact.data.proposal, { ...fact.data, at: now });
      break;
    case 'verdict':
      if (fact.data.verdict === 'ask') keep(model.pending, fact.data.proposal.proposal, fact.data);
      else model.pending.delete(fact.data.proposal.proposal);
      break;
    case 'alert':
      takeAlert(model, fact.data);
      break;
    case 'algedonic':
      if (fact.data.severity === 'pleasure') model.pains.delete(fact.data.alert);
      else keep(model.pains, fact.data.alert, fact.data);
      break;
    case 'view':
      takeViews(model, fact.views, now);
      break;
  }
  return model;
}

function takeLoad(model: Model, load: DataOf<typeof Load>, now: number): void {
  model.traffic.add(load, now);
  model.heard.received += load.received;
  for (const [kind, count] of Object.entries(load.outcomes) as [OutcomeKind, number][]) {
    model.heard.outcomes[kind] = (model.heard.outcomes[kind] ?? 0) + count;
  }
  model.heard.at = now;
}

function takeLoop(model: Model, loop: DataOf<typeof Loop>, now: number): void {
  if (loop.state === 'settled') {
    model.loops.delete(loop.resource);
    model.loopsSince.delete(loop.resource);
    return;
  }
  keep(model.loops, loop.resource, loop);
  keep(model.loopsSince, loop.resource, model.loopsSince.get(loop.resource) ?? now);
}

function takeAlert(model: Model, alert: DataOf<typeof AlertState>): void {
  if (alert.level !== 'closed') {
    keep(model.alerts, alert.alert, alert);
    return;
  }
  model.alerts.delete(alert.alert);
  model.pains.delete(alert.alert);
}

/** The answer of who knows best replaces what was pieced together from messages. */
function takeViews(model: Model, views: Views, now: number): void {
  Object.assign(model.views, views);
  if (views.waiting) {
    const { own, below } = parted(views.waiting.value, model.limits, now);
    model.views.waiting = { ...views.waiting, value: own };
    model.below = below;
  }
  if (views.alerts) {
    model.alerts.clear();
    for (const alert of views.alerts.value.alerts) takeAlert(model, alert);
  }
  if (views.decisions) {
    model.pending.clear();
    for (const asked of views.decisions.value.pending) keep(model.pending, asked.proposal.proposal, asked);
  }
  if (views.coordination) {
    for (const said of views.coordination.value.loops) {
      const loop = Loop.data.safeParse(said);
      if (loop.success) takeLoop(model, loop.data, now);
    }
  }
  for (const said of views.acquisitions?.value.acquisitions ?? []) {
    if (model.acquisitions.get(said.proposal)?.step === said.step) continue;
    keep(model.acquisitions, said.proposal, { ...said, at: views.acquisitions?.asOf ?? model.since });
  }
}

const MOST = 1000;

/** Sets the newest last; past the bound the oldest goes. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MOST) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
