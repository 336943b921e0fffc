import type { ServiceContext } from '@vsmcp/service';
import { type Answer, type DataOf, type Loop, Shares } from '@vsmcp/vsm';
import { type Bargain, bargain, type Wish } from './bargain.js';
import { Damping } from './damping.js';
import { Demands } from './demand.js';

/** Milliseconds from one bargain to the next, and for how long its grants hold where no other follows. */
const PACE = 1000;
const LEASE = 5000;
/** Units that are shown. */
const MOST_SHOWN = 1000;

/**
 * The resource bargain: once a second, while units want something, the pool is shared anew and granted for a few seconds. When System 3 is
 * gone the grants lapse and each replica shares by itself. Two leaders cannot grant more than there is: a replica goes by one grant at a
 * time, of the highest epoch, and no grant is more than it can run.
 */
export function bargaining(context: ServiceContext, epoch: number) {
  const { clock, config, journal, log, metrics } = context;
  const damping = new Damping();
  const demands = new Demands(config.settings.max_concurrent_operations);
  const ratio = metrics.gauge(
    'vsmcp_demand_ratio',
    'Operations that units want at the same time, over those the replicas can run: above 1, more replicas would help',
  );
  const granted = metrics.gauge('vsmcp_granted_slots', 'Operations at the same time that are granted to units');
  let wishes: readonly Wish[] = [];
  let last: Bargain = { pool: 0, slots: new Map(), grants: new Map() };

  function wishOf(unit: string, wants: number): Wish {
    const { weight, minimum, cap } = config.units[unit] ?? { weight: 1, minimum: 0, cap: undefined };
    return { unit, weight, minimum, wants, ...(cap !== undefined && { cap }) };
  }

  async function share(): Promise<void> {
    const now = clock.now();
    const replicas = demands.replicas(now);
    const wanting = new Map(demands.demands(now).map(({ unit, used, waiting }) => [unit, used + waiting]));
    wishes = [...damping.slowed(wanting, now)].map(([unit, wants]) => wishOf(unit, wants));
    last = bargain(wishes, replicas);
    const wanted = wishes.reduce((sum, { wants }) => sum + wants, 0);
    ratio.set(last.pool === 0 ? 0 : wanted / last.pool);
    granted.set([...last.slots.values()].reduce((sum, n) => sum + n, 0));
    if (wishes.length === 0 || replicas.length === 0) return;
    await context.say(Shares, 's1.all.grants', { epoch, lease: LEASE, replicas: Object.fromEntries(last.grants) });
  }

  return {
    loads: (load: Parameters<Demands['load']>[0]) => demands.load(load, clock.now()),
    seen: (instance: string, draining: boolean) => demands.alive(instance, clock.now(), draining),
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
        share().catch((error: unknown) =>
          log.warn({ err: error }, 'the shares were not said; replicas share by themselves'),
        );
      }),
    view: (): Pick<Answer<'control'>, 'pool' | 'demand' | 'replicas' | 'damped' | 'units'> => ({
      pool: last.pool,
      demand: wishes.reduce((sum, { wants }) => sum + wants, 0),
      replicas: demands.replicas(clock.now()),
      damped: damping.units,
      units: wishes
        .map(({ unit, weight, minimum, cap, wants }) => {
          const figures = { unit, weight, minimum, wants, slots: last.slots.get(unit) ?? 0 };
          return cap === undefined ? figures : { ...figures, cap };
        })
        .sort((a, b) => b.wants - a.wants)
        .slice(0, MOST_SHOWN),
    }),
  };
}
