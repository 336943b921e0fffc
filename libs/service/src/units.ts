import { createHash } from 'node:crypto';
import { canonicalJson, type Unit, type UnitRow, type Units } from '@vsmcp/vsm';

/** The mark of what vsmcp.yaml says of a unit, whatever the order of its keys. */
export function markOf(unit: Unit): string {
  return createHash('sha256').update(canonicalJson(unit)).digest('base64url');
}

/**
 * The rows to write so that the newest word on each unit holds. What vsmcp.yaml says holds from when it says so, until
 * somebody changes the unit live; that holds until the file says something else of it. What the file no longer names
 * goes; what it never named stays.
 * @returns name → row, undefined for one that goes
 */
export function reconcileUnits(rows: Iterable<UnitRow>, configured: Units): Map<string, UnitRow | undefined> {
  const known = new Map([...rows].map((row) => [row.name, row]));
  const changes = new Map<string, UnitRow | undefined>();
  for (const [name, unit] of Object.entries(configured)) {
    const mark = markOf(unit);
    if (known.get(name)?.configured !== mark) changes.set(name, { name, unit, configured: mark });
  }
  for (const row of known.values()) {
    if (row.configured !== undefined && !(row.name in configured)) changes.set(row.name, undefined);
  }
  return changes;
}

/** The row after a live change. @param unit null: it is removed */
export function changedUnit(name: string, row: UnitRow | undefined, unit: Unit | null): UnitRow | undefined {
  if (row?.configured !== undefined) return { name, unit, configured: row.configured };
  return unit === null ? undefined : { name, unit };
}
