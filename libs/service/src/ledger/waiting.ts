import type { Waiting } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import { KINDS, KINDS_OF, SAMPLES } from './held.js';
import type { Kind } from './ledger.js';
import { type KindRow, kindOf, type SampleRow, waitingOf } from './shape.js';
import { toText } from './text.js';

/**
 * Kinds counted in one statement. All at once they would keep the database, and with the embedded one the whole
 * process, for half a second per 100,000 kinds; so many take about 10 ms.
 */
const SLICE = 1000;

/**
 * The kinds of parked events, in the order of their types, a slice at a time: what happens between two slices may or
 * may not be seen.
 */
export async function* kindsOf(database: Database): AsyncGenerator<Kind[]> {
  for await (const rows of slices(database)) yield rows.map(kindOf);
}

async function* slices(database: Database): AsyncGenerator<KindRow[]> {
  for (let after = ''; ; ) {
    const rows = await database.query<KindRow>(KINDS, [SLICE, after]);
    const last = rows.at(-1)?.type;
    if (last === undefined || rows.length < SLICE) {
      yield rows;
      return;
    }
    // The last type may go on beyond the slice: it begins the next one, unless it is all there is in this one.
    const whole = rows.filter(({ type }) => type !== last);
    yield whole.length > 0 ? whole : rows;
    after = whole.at(-1)?.type ?? last;
  }
}

/** See `Ledger.waiting`. */
export async function waitingIn(
  database: Database,
  limit: number,
  samples: number,
  { types, after }: { types?: readonly string[]; after?: string },
): Promise<{ types: number; events: number; waiting: Waiting[] }> {
  const { rows, ...total } =
    types !== undefined
      ? counted(await database.query<KindRow>(KINDS_OF, [limit, JSON.stringify(types.map(toText))]))
      : after !== undefined
        ? counted(await database.query<KindRow>(KINDS, [limit, toText(after)]))
        : await mostFrequent(database, limit);
  const list = rows.map(({ type, unit, cause }, n) => ({ n, type, unit, cause }));
  const found = list.length === 0 ? [] : await database.query<SampleRow>(SAMPLES, [JSON.stringify(list), samples]);
  const newest = new Map(found.map((row) => [row.n, row]));
  return { ...total, waiting: rows.map((row, n) => waitingOf(row, newest.get(n), samples)) };
}

function counted(rows: KindRow[]) {
  const types = new Set(rows.map(({ type }) => type)).size;
  return { types, events: rows.reduce((sum, { events }) => sum + events, 0), rows };
}

async function mostFrequent(database: Database, limit: number) {
  let types = 0;
  let events = 0;
  let best: KindRow[] = [];
  for await (const rows of slices(database)) {
    const slice = counted(rows);
    types += slice.types;
    events += slice.events;
    best = [...best, ...rows].sort(byEvents).slice(0, limit);
  }
  return { types, events, rows: best };
}

function byEvents(a: KindRow, b: KindRow): number {
  return b.events - a.events || (a.type < b.type ? -1 : a.type > b.type ? 1 : a.unit < b.unit ? -1 : 1);
}
