import type { Database } from '../database/database.js';
import * as held from './held.js';
import type { BelowUnit, Ledger } from './ledger.js';
import { BELOW } from './recursion.js';
import { type BookedRow, bookedOf, countsOf, type HeldRow, heldEvent, type OutcomeRow, settledEvent } from './shape.js';
import { keyOf, textOrNull } from './text.js';
import { kindsOf, waitingIn } from './waiting.js';

type Reads = Pick<
  Ledger,
  'below' | 'isSettled' | 'find' | 'held' | 'outcomes' | 'doubtful' | 'waiting' | 'kinds' | 'account'
>;

/** Look-ups in the ledger; nothing changes by them. */
export function readsOf(database: Database): Reads {
  return {
    below: (late) => database.query<BelowUnit>(BELOW, [JSON.stringify(late)]),
    async isSettled({ source, id }) {
      const rows = await database.query(held.SETTLED, [keyOf(source, id)]);
      return rows.length > 0;
    },
    async find(events) {
      const keys = events.map(({ source, id }) => keyOf(source, id));
      return (await database.query<BookedRow>(held.FIND, [JSON.stringify(keys)])).map(bookedOf);
    },
    async held({ reason, type, source, id, limit }) {
      const filter = [reason ?? null, ...[type, source, id].map(textOrNull)];
      const [[count], rows] = await Promise.all([
        database.query<{ total: number }>(held.HELD_TOTAL, filter),
        database.query<HeldRow>(held.HELD, [...filter, limit]),
      ]);
      return { total: count?.total ?? 0, held: rows.map(heldEvent) };
    },
    async outcomes({ outcome, type, id, limit }) {
      const filter = [outcome ?? null, ...[type, id].map(textOrNull), limit];
      return (await database.query<OutcomeRow>(held.OUTCOMES, filter)).flatMap(settledEvent);
    },
    async doubtful(units) {
      const rows = await database.query<{ unit: string }>(held.DOUBTFUL, [JSON.stringify(units)]);
      return rows.map(({ unit }) => unit);
    },
    waiting: (limit, samples, which = {}) => waitingIn(database, limit, samples, which),
    kinds: () => kindsOf(database),
    async account() {
      return countsOf(await database.query<{ outcome: string | null; events: number }>(held.ACCOUNT));
    },
  };
}
