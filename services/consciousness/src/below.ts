import type { FleetConfig } from '@vsmcp/service';
import { type Answer, ago, type Below, count, type DataOf, some, WAIT_BELOW, type Waiting } from '@vsmcp/vsm';

/** Unit that is a system → how long (ms) an event may wait in it before it is a gap here. */
export type Limits = ReadonlyMap<string, number>;

export function limitsOf({ units }: Pick<FleetConfig, 'units'>): Limits {
  return new Map(
    Object.entries(units).flatMap(([unit, { system, wait = WAIT_BELOW }]) =>
      system === undefined ? [] : [[unit, wait] as const],
    ),
  );
}

/** Parts what waits into this fleet's own gaps, and what still has time in units that are systems. */
export function parted(
  answer: Answer<'waiting'>,
  limits: Limits,
  now: number,
): { own: Answer<'waiting'>; below: Waiting[] } {
  const hasTime = ({ cause, unit, since }: Waiting) =>
    cause === 'below' && now - since < (limits.get(unit) ?? WAIT_BELOW);
  const below = answer.waiting.filter(hasTime);
  const own = answer.waiting.filter((waiting) => !hasTime(waiting));
  const types = new Set(own.map(({ type }) => type));
  const gone = new Set(below.map(({ type }) => type).filter((type) => !types.has(type)));
  const events = answer.events - below.reduce((sum, waiting) => sum + waiting.events, 0);
  return { own: { types: answer.types - gone.size, events, waiting: own }, below };
}

/** Dangers in the units that are systems, for a person. */
export function dangersBelow(
  {
    below,
    systems,
  }: { below: readonly Waiting[]; systems: ReadonlyMap<string, DataOf<typeof Below> & { at: number }> },
  now: number,
): string[] {
  const reasons: string[] = [];
  if (below.length > 0) {
    const events = below.reduce((sum, waiting) => sum + waiting.events, 0);
    const units = [...new Set(below.map(({ unit }) => unit))].sort();
    reasons.push(
      `${count(events, 'event waits', 'events wait')} in ${some(units, 5)}, and still ${events === 1 ? 'has' : 'have'} time there`,
    );
  }
  for (const { unit, report, at } of systems.values()) {
    if (report.viable) continue;
    reasons.push(
      `${unit} (${report.path}) was not viable ${ago(at, now)} ago: ${report.reasons[0] ?? 'it does not say why'}`,
    );
  }
  return reasons;
}
