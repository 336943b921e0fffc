import { everyWhenIdle, type ServiceContext } from '@vsmcp/service';
import { type DataOf, type Load, type Loop, Shares, type Unit } from '@vsmcp/vsm';
import type { Granted } from '../performance/performance.js';
import { Damping } from '../regulating/damping.js';
import { strainsOf } from '../regulating/strains.js';
import type { Strain } from '../regulating/stress.js';
import { bargain, type Made, type UnitDemand } from './bargain.js';
import { grantsOf } from './grants.js';
import { Kinds, varietyFactor } from './kinds.js';
import { type MeasuredDemand, MeasuredDemands } from './measured-demand.js';
import { bargainMetrics } from './metrics.js';
import { type BargainView, bargainView, unkeptMinimums } from './view.js';

/** Milliseconds from one bargain to the next, and for how long its grants hold where no other follows. */
const PACE = 1000;
const LEASE = 5000;

interface Around {
  unitOf: (name: string) => Unit | undefined;
  /** System 5's factor on a unit's weight. */
  priorityOf: (unit: string) => number;
  /** Acts on units that cannot cope. */
  judge: (strains: readonly Strain[]) => Promise<void>;
}

/**
 * The resource bargain: once a second, while units want something, the pool is shared anew and granted for a few
 * seconds. When System 3 is gone the grants lapse and each replica shares by itself. Two leaders cannot grant more than
 * there is: a replica goes by one grant at a time, of the highest epoch, and no grant is more than it can run.
 */
export function bargaining(context: ServiceContext, epoch: number, { unitOf, priorityOf, judge }: Around) {
  const { clock, config } = context;
  const damping = dampedUnits(context, epoch);
  const measured = new MeasuredDemands(config.settings.max_concurrent_operations);
  const kinds = new Kinds();
  const measure = bargainMetrics(context);
  let last: Made = { demands: [], replicas: [], bargain: bargain([], []) };
  let wanting: ReadonlyMap<string, MeasuredDemand> = new Map();

  function demandOf(unit: string, wants: number, now: number): UnitDemand {
    const { weight = 1, minimum = 0, cap, needs } = unitOf(unit) ?? {};
    const pace = wanting.get(unit)?.pace ?? 1;
    const factor = priorityOf(unit) * varietyFactor(kinds.of(unit, now));
    return { unit, weight: weight * factor, minimum, cap, wants, pace, needs };
  }

  async function share(): Promise<void> {
    const now = clock.now();
    const replicas = measured.replicas(now);
    wanting = new Map(measured.demands(now).map((one) => [one.unit, one]));
    const wants = new Map([...wanting].map(([unit, { used, waiting }]) => [unit, used + waiting]));
    const demands = [...damping.slowed(wants, now)].map(([unit, amount]) => demandOf(unit, amount, now));
    const began = performance.now();
    last = { demands, replicas, bargain: bargain(demands, replicas, config.pool, owed(demands, last)) };
    measure(last, performance.now() - began);
    if (demands.length > 0 && replicas.length > 0)
      await context.say(Shares, 's1.all.grants', { epoch, lease: LEASE, ...grantsOf(demands, replicas, last.bargain) });
    await judge(strainsOf(last.demands, last.bargain, wanting, (unit) => unitOf(unit)?.sheds ?? 0));
  }

  return {
    loads: (load: DataOf<typeof Load>, id: string) => {
      measured.load(load, clock.now(), id);
      kinds.load(load, clock.now());
    },
    seen: (instance: string, draining: boolean, every?: number) =>
      measured.alive(instance, clock.now(), draining, every),
    loops: damping.loops,
    /** @returns how to stop */
    start: () => everyWhenIdle(context, PACE, share, 'the shares were not said; replicas share by themselves', 'warn'),
    /** The last grant: unit → operations at the same time, and of how many in all. */
    granted: (): Granted => ({
      pool: last.bargain.pool,
      slots: new Map(last.demands.map(({ unit }, i) => [unit, last.bargain.slots[i] ?? 0])),
    }),
    unkept: () => unkeptMinimums(last),
    view: (): BargainView => {
      const now = clock.now();
      const of = { priority: priorityOf, kinds: (unit: string) => kinds.of(unit, now) };
      return { ...bargainView(last, of), replicas: measured.replicas(now), damped: damping.units() };
    },
  };
}

/** Credit that units have from the bargain before, in the order in which they demand now. */
function owed(demands: readonly UnitDemand[], before: Made): Float64Array {
  const credit = new Map(before.demands.map(({ unit }, i) => [unit, before.bargain.credit[i] ?? 0]));
  return Float64Array.from(demands, ({ unit }) => credit.get(unit) ?? 0);
}

/** Puts the damping of units that swing (`damping.ts`) on record. */
function dampedUnits({ clock, journal, log }: ServiceContext, epoch: number) {
  const damping = new Damping();
  return {
    units: () => damping.units,
    slowed: (wants: ReadonlyMap<string, number>, now: number) => damping.slowed(wants, now),
    /** System 2 says whose shares swing, and when they no longer do. */
    async loops(loop: DataOf<typeof Loop>): Promise<void> {
      if (!damping.heard(loop, clock.now())) return;
      const { units, state, before, resource } = loop;
      const entry = { system: 's3', epoch, type: `damping.${state}`, cause: resource, data: { units, before } };
      await journal.append(entry);
      const how = state === 'settled' ? 'moved as they want again' : 'moved slowly';
      log.warn({ units, state, before }, `${units.join(', ')}: ${how}`);
    },
  };
}
