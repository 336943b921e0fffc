import type { ServiceContext } from '@vsmcp/service';
import { type Answer, type DataOf, type Load, type Loop, Shares, type Unit } from '@vsmcp/vsm';
import type { Granted } from '../performance/performance.js';
import { Damping } from '../regulating/damping.js';
import { strainsOf } from '../regulating/strains.js';
import type { Strain } from '../regulating/stress.js';
import { type Bargain, bargain, type Demand, type Replica } from './bargain.js';
import { grantsOf, sum } from './grants.js';
import { Kinds, varietyFactor } from './kinds.js';
import { type MeasuredDemand, MeasuredDemands } from './measured-demand.js';

/** Milliseconds from one bargain to the next, and for how long its grants hold where no other follows. */
const PACE = 1000;
const LEASE = 5000;
/** Units that are shown. */
const MOST_SHOWN = 1000;
/** Of a replica, the part that is to be in use: what more is wanted is for another one. */
const IN_USE = 0.8;

interface Around {
  unitOf: (name: string) => Unit | undefined;
  /** System 5's factor on a unit's weight. */
  priorityOf: (unit: string) => number;
  /** What is done about units that cannot cope. */
  judge: (strains: readonly Strain[]) => Promise<void>;
}

type View = Pick<Answer<'control'>, 'pool' | 'rate' | 'demand' | 'scarce' | 'replicas' | 'damped' | 'units'>;

interface Made {
  demands: readonly Demand[];
  replicas: readonly Replica[];
  bargain: Bargain;
}

/**
 * The resource bargain: once a second, while units want something, the pool is shared anew and granted for a few seconds. When System 3 is
 * gone the grants lapse and each replica shares by itself. Two leaders cannot grant more than there is: a replica goes by one grant at a
 * time, of the highest epoch, and no grant is more than it can run.
 */
export function bargaining(context: ServiceContext, epoch: number, { unitOf, priorityOf, judge }: Around) {
  const { clock, config, journal, log, metrics } = context;
  const damping = new Damping();
  const measured = new MeasuredDemands(config.settings.max_concurrent_operations);
  const kinds = new Kinds();
  const ratio = metrics.gauge(
    'vsmcp_demand_ratio',
    'Operations that units want at the same time, over those the replicas can run: above 1, more replicas would help',
  );
  const replicasWanted = metrics.gauge(
    'vsmcp_replicas_wanted',
    'Replicas of System 1 that would run all that units want, each four fifths in use',
  );
  const granted = metrics.gauge('vsmcp_granted_slots', 'Operations at the same time that are granted to units');
  const seconds = metrics.histogram('vsmcp_bargain_seconds', 'Time to share the pool anew');
  let last: Made = { demands: [], replicas: [], bargain: bargain([], []) };
  let wanting: ReadonlyMap<string, MeasuredDemand> = new Map();
  let running = false;

  function demandOf(unit: string, wants: number, now: number): Demand {
    const { weight = 1, minimum = 0, cap, needs } = unitOf(unit) ?? {};
    const pace = wanting.get(unit)?.pace ?? 1;
    const factor = priorityOf(unit) * varietyFactor(kinds.of(unit, now));
    return { unit, weight: weight * factor, minimum, cap, wants, pace, needs };
  }

  /** What units were owed, in the order in which they demand now. */
  function owed(demands: readonly Demand[]): Float64Array {
    const before = new Map(last.demands.map(({ unit }, i) => [unit, last.bargain.credit[i] ?? 0]));
    return Float64Array.from(demands, ({ unit }) => before.get(unit) ?? 0);
  }

  async function share(): Promise<void> {
    const now = clock.now();
    const replicas = measured.replicas(now);
    wanting = new Map(measured.demands(now).map((one) => [one.unit, one]));
    const wants = new Map([...wanting].map(([unit, { used, waiting }]) => [unit, used + waiting]));
    const demands = [...damping.slowed(wants, now)].map(([unit, amount]) => demandOf(unit, amount, now));
    const began = performance.now();
    last = { demands, replicas, bargain: bargain(demands, replicas, config.pool, owed(demands)) };
    seconds.observe((performance.now() - began) / 1000);
    measure();
    if (demands.length > 0 && replicas.length > 0)
      await context.say(Shares, 's1.all.grants', { epoch, lease: LEASE, ...grantsOf(demands, replicas, last.bargain) });
    await judge(strainsOf(last.demands, last.bargain, wanting, (unit) => unitOf(unit)?.sheds ?? 0));
  }

  function measure(): void {
    const { demands, replicas, bargain: made } = last;
    const demand = sum(demands.map(({ wants }) => wants));
    ratio.set(made.pool === 0 ? 0 : demand / made.pool);
    const each = replicas.length === 0 ? config.settings.max_concurrent_operations : made.pool / replicas.length;
    replicasWanted.set(Math.max(1, Math.ceil(demand / (each * IN_USE))));
    granted.set(sum(made.slots));
  }

  return {
    loads: (load: DataOf<typeof Load>, id: string) => {
      measured.load(load, clock.now(), id);
      kinds.load(load, clock.now());
    },
    seen: (instance: string, draining: boolean, every?: number) =>
      measured.alive(instance, clock.now(), draining, every),
    /** System 2 says whose shares swing, and when they no longer do. */
    async loops(loop: DataOf<typeof Loop>): Promise<void> {
      if (!damping.heard(loop, clock.now())) return;
      const { units, state, before, resource } = loop;
      const entry = { system: 's3', epoch, type: `damping.${state}`, cause: resource, data: { units, before } };
      await journal.append(entry);
      const how = state === 'settled' ? 'moved as they want again' : 'moved slowly';
      log.warn({ units, state, before }, `${units.join(', ')}: ${how}`);
    },
    /** @returns how to stop */
    start: () =>
      clock.every(PACE, () => {
        // One that takes longer than its second makes the next one wait, not double.
        if (running) return;
        running = true;
        share()
          .catch((error: unknown) => log.warn({ err: error }, 'the shares were not said; replicas share by themselves'))
          .finally(() => {
            running = false;
          });
      }),
    /** What was last granted: unit → operations at the same time, and of how many in all. */
    granted: (): Granted => ({
      pool: last.bargain.pool,
      slots: new Map(last.demands.map(({ unit }, i) => [unit, last.bargain.slots[i] ?? 0])),
    }),
    /** Units whose minimums do not fit into the pool together. */
    unkept: (): string[] => {
      const { demands, bargain: made } = last;
      const needy = demands.filter(({ minimum, cap, wants }) => minimum > 0 && Math.min(cap ?? minimum, wants) > 0);
      return made.pool > 0 && sum(needy.map(({ minimum }) => minimum)) > made.pool ? needy.map(({ unit }) => unit) : [];
    },
    view: (): View => {
      const now = clock.now();
      const { demands, bargain: made } = last;
      return {
        pool: made.pool,
        ...(made.rate !== undefined && { rate: made.rate }),
        demand: sum(demands.map(({ wants }) => wants)),
        scarce: [...made.scarce],
        replicas: measured.replicas(now),
        damped: damping.units,
        units: demands
          .map((demand, i) => shown(demand, made, i, priorityOf(demand.unit), kinds.of(demand.unit, now)))
          .sort((a, b) => b.wants - a.wants)
          .slice(0, MOST_SHOWN),
      };
    },
  };
}

function shown(demand: Demand, made: Bargain, i: number, priority: number, kinds: { met: number; answered: number }) {
  const { unit, weight, minimum, cap, wants } = demand;
  return {
    ...{ unit, weight, minimum, wants, slots: made.slots[i] ?? 0, priority, kinds },
    ...(cap !== undefined && { cap }),
    ...(made.rate !== undefined && { rate: made.rates[i] ?? 0 }),
  };
}
