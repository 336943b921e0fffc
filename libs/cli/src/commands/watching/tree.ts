import type { SystemView } from '@vsmcp/vsm';
import { ago, count, line, percent, table } from '../../output.js';

/** The fleets below one, each a line, indented by its level. @param now ms since the epoch */
export function tree({ path, units }: { path: string; units: Record<string, SystemView> }, now: number): string {
  const rows = [...rowsOf(units, 1, now)];
  if (rows.length === 0) return `no unit of ${path} is a system`;
  return table(['FLEET', 'PATH', 'VIABLE', 'WAITING', 'SETTLED', 'ALERTS', 'HEARD', ''], rows);
}

function* rowsOf(units: Readonly<Record<string, SystemView>>, level: number, now: number): Iterable<string[]> {
  for (const [unit, { path, heard, report }] of Object.entries(units)) {
    const name = `${'  '.repeat(level - 1)}${unit}`;
    if (report === undefined) {
      yield [name, path, '?', '', '', '', 'never', 'it has not reported yet'];
      continue;
    }
    const { variety, viable, alerts, reasons } = report;
    yield [
      ...[name, path, viable ? 'yes' : 'no', count(variety.waiting.events, 'event'), percent(variety.answered)],
      ...[String(alerts), heard === null ? '' : `${ago(heard, now)} ago`, line(reasons[0] ?? '', 100)],
    ];
    yield* rowsOf(report.units, level + 1, now);
  }
}
