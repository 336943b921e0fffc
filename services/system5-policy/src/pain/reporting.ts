import type { Status, SystemReport, SystemView } from '@vsmcp/vsm';

/** Reasons and units that a report carries at most. */
const MOST_REASONS = 5;
const MOST_UNITS = 100;
/** Milliseconds after which a report that says nothing new is said all the same, as a sign of life. */
export const HEARTBEAT = 10_000;

/**
 * The report that the fleet above needs of this one: how it is, not what it does.
 * @param levels of fleets below this one that may be told
 */
export function reportOf(
  path: string,
  status: Status,
  units: Readonly<Record<string, SystemView>>,
  levels: number,
): SystemReport {
  const { required, available, gap, answered, waiting } = status.variety;
  return {
    path,
    name: status.name,
    viable: status.viable,
    reasons: status.reasons.slice(0, MOST_REASONS),
    variety: { required, available, gap, answered, waiting },
    efficiency: status.systems[3].efficiency,
    alerts: status.systems[5].alerts.filter(({ level }) => level !== 'closed').length,
    units: cut(units, levels),
  };
}

function cut(units: Readonly<Record<string, SystemView>>, levels: number): Record<string, SystemView> {
  if (levels <= 0) return {};
  return Object.fromEntries(
    Object.entries(units)
      .slice(0, MOST_UNITS)
      .map(([unit, { path, heard, report }]) => [
        unit,
        { path, heard, ...(report && { report: { ...report, units: cut(report.units, levels - 1) } }) },
      ]),
  );
}

/** Shares that differ by less than this are the same to who looks from above. */
const STEP = 0.05;

/** The part of a report that is compared: without what moves all the time and means nothing. */
export function gist({ variety, efficiency, reasons, units, ...report }: SystemReport): string {
  const step = (share: number | null) => (share === null ? null : Math.round(share / STEP));
  return JSON.stringify({
    ...report,
    // Reasons hold figures and times: what they are about is told by their number.
    reasons: reasons.length,
    required: Math.round(variety.required),
    gap: Math.round(variety.gap),
    waiting: variety.waiting.types,
    answered: step(variety.answered),
    efficiency: step(efficiency),
    units: Object.entries(units).map(([unit, view]) => [unit, view.report ? gist(view.report) : null]),
  });
}

/** True when a report is to be said: it says something new, or nothing was said for a while. Times in ms. */
export function isDue(report: SystemReport, last: { gist: string; at: number } | undefined, now: number): boolean {
  return last === undefined || now - last.at >= HEARTBEAT || gist(report) !== last.gist;
}
