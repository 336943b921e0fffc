import type { BelowUnit, ServiceContext } from '@vsmcp/service';
import { Algedonic, type DataOf, reasonOf } from '@vsmcp/vsm';
import type { System } from './systems.js';

/** How often (ms) it is looked whether something waits too long. */
const PACE = 5000;

type Signal = DataOf<typeof Algedonic>;

/**
 * Events that wait too long in units that are systems hurt; when none does any more, that is told.
 * @param late per unit, what waits beyond its time
 * @param hurting units for which pain was said; undefined: not known, as after a restart, so that pleasure is said
 * where nothing is late
 */
export function signalsOf(
  systems: readonly Pick<System, 'unit' | 'path' | 'wait'>[],
  late: readonly BelowUnit[],
  hurting: ReadonlySet<string> | undefined,
  now: number,
): Signal[] {
  return systems.flatMap(({ unit, path, wait }): Signal[] => {
    const one = late.find((each) => each.unit === unit);
    const alert = `waits:${unit}`;
    if (one !== undefined) {
      if (hurting?.has(unit)) return [];
      const many = one.events === 1 ? '1 event waits' : `${one.events} events wait`;
      const what = `${many} in ${path} for longer than ${wait / 1000} s`;
      return [{ alert, severity: 'pain', unit, what, since: one.since + wait }];
    }
    if (hurting !== undefined && !hurting.has(unit)) return [];
    return [{ alert, severity: 'pleasure', unit, what: `nothing waits too long in ${path}`, since: now }];
  });
}

/** @returns how to stop */
export function watchWaiting(
  context: ServiceContext,
  systems: readonly System[],
  track: (task: Promise<unknown>) => void,
): () => void {
  const { clock, ledger, log, metrics, say } = context;
  const waits = metrics.gauge('vsmcp_below_late_events', 'Events that wait too long in a unit that is a system', [
    'unit',
  ]);
  let hurting: Set<string> | undefined;
  let looking = false;
  const look = async () => {
    const now = clock.now();
    const late = await ledger.below(systems.map(({ unit, wait }) => ({ unit, before: now - wait })));
    for (const { unit } of systems) waits.set({ unit }, late.find((each) => each.unit === unit)?.events ?? 0);
    for (const signal of signalsOf(systems, late, hurting, now)) {
      track(say(Algedonic, `${signal.severity}.s1.${signal.unit}`, signal));
    }
    hurting = new Set(late.map(({ unit }) => unit));
  };
  return clock.every(PACE, () => {
    if (looking) return;
    looking = true;
    look()
      .catch((error: unknown) => log.warn({ reason: reasonOf(error) }, 'what waits below was not looked at'))
      .finally(() => {
        looking = false;
      });
  });
}
