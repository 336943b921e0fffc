import { isDeepStrictEqual } from 'node:util';
import { type FleetConfig, on, type ServiceContext } from '@vsmcp/service';
import {
  Algedonic,
  type Answer,
  Below,
  pathOfSystem,
  type SystemReport,
  type SystemView,
  type Units,
} from '@vsmcp/vsm';

/** Silence of a system's System 5 that hurts (ms): it reports every 10 s at least. */
export const SILENT = 45_000;

export type Systems = ReadonlyMap<string, SystemView & { hurts?: boolean }>;

/** The units that are systems, of which nothing has been heard yet. */
export function unheard({ path, units }: FleetConfig): Systems {
  return new Map(
    Object.entries(units).flatMap(([unit, { system }]) => {
      if (system === undefined) return [];
      return [[unit, { path: pathOfSystem(path, unit, system), heard: null }]];
    }),
  );
}

/** Units that would become systems, other ones, or none, in a running fleet: its border opens when it starts. */
export function movedSystems(set: Units, configured: Units): string[] {
  return Object.entries(set)
    .filter(([name, { system }]) => !isDeepStrictEqual(system, configured[name]?.system))
    .map(
      ([name]) => `units.${name}.system: which units are systems stands in vsmcp.yaml and changes with the next start`,
    );
}

/** True where a fleet is below itself, by the reports of its units. */
export function holds({ path, units }: SystemReport, sought: string): boolean {
  return path === sought || Object.values(units).some(({ report }) => report !== undefined && holds(report, sought));
}

/** Units that fell silent, or speak again, since it was last judged. @param since when it began to listen, ms */
export function silences(
  systems: Systems,
  since: number,
  now: number,
): { unit: string; silent: boolean; from: number }[] {
  return [...systems].flatMap(([unit, { heard, hurts = false }]) => {
    const from = heard ?? since;
    const silent = now - from >= SILENT;
    return silent === hurts ? [] : [{ unit, silent, from }];
  });
}

/**
 * Keeps the reports of the units that are systems, tells of pain in them, and answers `recursion`, the question for the
 * tree.
 */
export function systemsBelow(context: ServiceContext) {
  const { clock, config, log, metrics, say } = context;
  const since = clock.now();
  const systems = new Map(unheard(config));
  const viable = metrics.gauge('vsmcp_system_viable', 'Whether the unit that is a system says that it is viable', [
    'unit',
  ]);
  /** Units below which this fleet itself is. */
  const circles = new Set<string>();
  const hurt = (severity: 'pain' | 'pleasure', unit: string, alert: string, what: string, since: number) => {
    say(Algedonic, `${severity}.s3.${unit}`, { alert, severity, unit, what, since }).catch((error: unknown) =>
      log.warn({ unit, alert, error }, 'what hurts in a system was not told'),
    );
  };
  return {
    hearing: on(Below, async ({ data: { unit, report } }) => {
      const before = systems.get(unit);
      if (before === undefined) return;
      if (holds(report, config.path)) {
        circles.add(unit);
        const mend = `take unit ${unit} out, or the one down there; its report is refused`;
        const what = `${report.path} has ${config.path} below it, a circle: ${mend}`;
        hurt('pain', unit, `circle:${unit}`, what, clock.now());
        return;
      }
      if (circles.delete(unit))
        hurt('pleasure', unit, `circle:${unit}`, `${report.path} is in no circle any more`, clock.now());
      systems.set(unit, { ...before, heard: clock.now(), report });
      viable.set({ unit }, report.viable ? 1 : 0);
      if (before.report?.viable !== report.viable) {
        log.info({ unit, below: report.path, reasons: report.reasons }, report.viable ? 'viable' : 'not viable');
      }
    }),
    judge(): void {
      const now = clock.now();
      for (const { unit, silent, from } of silences(systems, since, now)) {
        const view = systems.get(unit);
        if (view === undefined) continue;
        systems.set(unit, { ...view, hurts: silent });
        const severity = silent ? ('pain' as const) : ('pleasure' as const);
        const what = silent
          ? `${view.path} has not reported for ${(now - from) / 1000} s: does it run?`
          : `${view.path} reports again`;
        hurt(severity, unit, `system:${unit}`, what, from);
      }
    },
    answer: async (): Promise<Answer<'recursion'>> => ({
      path: config.path,
      units: Object.fromEntries([...systems].map(([unit, { hurts: _, ...view }]) => [unit, view])),
    }),
  };
}
