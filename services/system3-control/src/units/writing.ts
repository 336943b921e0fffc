import type { ServiceContext } from '@vsmcp/service';
import { type Answer, UnitsChanged } from '@vsmcp/vsm';
import { type Changes, type UnitTable, unitsRemoved, unitsSet } from './unit-table.js';

type Arranged = Answer<'arrange'>;

/** Names that the journal and an answer list, and units that the journal keeps whole. */
const MOST_NAMES = 1000;
const MOST_KEPT = 10;

/** Somebody who changes units, and how: `configured` by vsmcp.yaml, or `arranged` live. */
interface Author {
  how: 'configured' | 'arranged';
  by: string;
}

/** Writes changes to the table of units, puts them on record, and tells System 1. */
export function unitWriter(context: ServiceContext, epoch: number, table: UnitTable) {
  const { journal, log, metrics } = context;
  const counted = metrics.gauge('vsmcp_units', 'Units the fleet has');
  const changed = metrics.counter('vsmcp_unit_changes_total', 'Units set or removed', ['how', 'result']);
  let version = 0;

  const announce = (cause?: string) =>
    context.say(UnitsChanged, 's1.all.units', { version, epoch }, cause === undefined ? {} : { cause });

  function put(changes: Changes): void {
    table.put(changes);
    counted.set(table.count);
  }

  return {
    announce,
    /** The rows as they are, at the beginning of a leadership. @returns their version, 0 where there are none */
    async read(): Promise<number> {
      const known = await context.units.readSince(0);
      version = known.version;
      put(known.rows);
      return version;
    },
    async write(changes: Changes, { how, by }: Author, because: string): Promise<Arranged> {
      const [set, removed] = [Object.keys(unitsSet(changes)), unitsRemoved(changes)];
      const names = { set: set.slice(0, MOST_NAMES), removed: removed.slice(0, MOST_NAMES) };
      if (changes.size > 0) {
        version = await context.units.writeAll(changes, { system: 's3', epoch });
        put(changes);
        const data = { version, changes: changes.size, ...names, ...keptWhole(changes), by, because };
        await journal.append({ system: 's3', epoch, type: `units.${how}`, cause: by, data });
        log.info({ version, set: set.length, removed: removed.length, by }, `${by} has units ${how}`);
        await announce(by);
      }
      changed.inc({ how, result: 'accepted' });
      const summary = [summed(set, 'set'), summed(removed, 'removed')].filter(Boolean).join(', ');
      return { accepted: true, because: summary || 'it is so already', version, ...names };
    },
    refuse({ how, by }: Author, because: string): Arranged {
      changed.inc({ how, result: 'refused' });
      log.warn({ by, because }, `units are not ${how}`);
      return { accepted: false, because };
    },
  };
}

/** Few units go on record as they are. */
function keptWhole(changes: Changes) {
  if (changes.size > MOST_KEPT) return {};
  return { units: Object.fromEntries([...changes].map(([name, row]) => [name, row?.unit ?? null])) };
}

function summed(names: readonly string[], how: string): string {
  if (names.length === 0) return '';
  return names.length <= 5 ? `${how}: ${names.join(', ')}` : `${how}: ${names.length} units`;
}
