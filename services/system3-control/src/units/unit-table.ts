import { isDeepStrictEqual } from 'node:util';
import { changedUnit, patternsOf, tie } from '@vsmcp/service';
import type { Asked, Unit, UnitRow, Units } from '@vsmcp/vsm';

/** Rows by name; undefined for one that goes. */
export type Changes = Map<string, UnitRow | undefined>;

/** The units as they are by now, and which of them has which pattern. */
export class UnitTable {
  readonly #rows = new Map<string, UnitRow>();
  /** Pattern → the unit that has it. */
  readonly #owners = new Map<string, string>();

  get rows(): Iterable<UnitRow> {
    return this.#rows.values();
  }

  /** Units that are not removed. */
  get count(): number {
    return [...this.#rows.values()].filter(({ unit }) => unit !== null).length;
  }

  get(name: string): Unit | undefined {
    return this.#rows.get(name)?.unit ?? undefined;
  }

  put(changes: Changes): void {
    for (const [name, row] of changes) {
      for (const pattern of patternsOfRow(this.#rows.get(name)))
        if (this.#owners.get(pattern) === name) this.#owners.delete(pattern);
      if (row === undefined) this.#rows.delete(name);
      else this.#rows.set(name, row);
    }
    for (const [name, row] of changes) for (const pattern of patternsOfRow(row)) this.#owners.set(pattern, name);
  }

  /** Patterns that two units would have. */
  ties(changes: Changes): string[] {
    const claimed = new Map<string, string>();
    const problems: string[] = [];
    for (const [name, row] of changes) {
      for (const [pattern, path] of row?.unit ? patternsOf(row.unit) : []) {
        const owner = this.#owners.get(pattern);
        const other = claimed.get(pattern) ?? (owner !== undefined && !changes.has(owner) ? owner : undefined);
        if (other !== undefined) problems.push(`units.${name}.${path.map(String).join('.')}: ${tie(pattern, other)}`);
        claimed.set(pattern, name);
      }
    }
    return problems;
  }

  /** The reason why a request cannot be met, if there is one. */
  refusal({ set, remove, fresh }: Pick<Asked<'arrange'>, 'set' | 'remove' | 'fresh'>): string | undefined {
    const there = fresh ? Object.keys(set).filter((name) => this.get(name)) : [];
    if (there.length > 0) return `there is a unit ${there.join(', ')} already: set it to change it`;
    const missing = remove.filter((name) => !this.get(name));
    if (missing.length > 0) return `there is no unit ${missing.join(', ')}`;
    const both = remove.filter((name) => name in set);
    return both.length > 0 ? `${both.join(', ')}: set and removed at the same time` : undefined;
  }

  /** The rows that a request changes. */
  changes({ set, remove }: Pick<Asked<'arrange'>, 'set' | 'remove'>): Changes {
    const changes: Changes = new Map();
    for (const [name, unit] of Object.entries(set)) {
      const row = this.#rows.get(name);
      if (!isDeepStrictEqual(row?.unit, unit)) changes.set(name, changedUnit(name, row, unit));
    }
    for (const name of remove) changes.set(name, changedUnit(name, this.#rows.get(name), null));
    return changes;
  }
}

/** The units that are set by changes. */
export function unitsSet(changes: Changes): Units {
  const set: Units = {};
  for (const [name, row] of changes) if (row?.unit) set[name] = row.unit;
  return set;
}

/** Names of the units that changes remove. */
export function unitsRemoved(changes: Changes): string[] {
  return [...changes].filter(([, row]) => !row?.unit).map(([name]) => name);
}

function patternsOfRow(row: UnitRow | undefined): Iterable<string> {
  return row?.unit ? patternsOf(row.unit).keys() : [];
}
