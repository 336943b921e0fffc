import type { Clock } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import * as held from './held.js';
import type { Ledger } from './ledger.js';
import { type BackRow, reclaimed, type UnsaidRow, unsaidOf } from './shape.js';
import { fromText, textOrNull, toText } from './text.js';

const FORGET_AT_ONCE = 10_000;

type Back = Pick<Ledger, 'unsaid' | 'reclaim' | 'abandoned' | 'dismiss' | 'forget'>;

/** The ledger's work on what waits, and on what need not be known any more: many rows a statement. */
export function backOf(database: Database, clock: Clock): Back {
  return {
    async unsaid(before, limit) {
      return (await database.query<UnsaidRow>(held.UNSAID, [before, limit])).map(unsaidOf);
    },
    async reclaim({ reason, types, source, id, causes, before, guard }, holder, deadline, limit) {
      const rows = await database.query<BackRow>(types ? held.RECLAIM_TYPES : held.RECLAIM, [
        reason,
        types ? JSON.stringify(types.map(toText)) : null,
        ...[source, id].map(textOrNull),
        holder,
        deadline,
        limit,
        clock.now(),
        causes ? JSON.stringify(causes) : null,
        before ?? null,
        guard ?? null,
      ]);
      return reclaimed(rows);
    },
    async abandoned(holder, now, deadline, limit) {
      return reclaimed(await database.query<BackRow>(held.ABANDONED, [holder, now, deadline, limit]));
    },
    async dismiss({ reason, type, source, id, limit }, outcome, because) {
      const filter = [reason ?? null, ...[type, source, id].map(textOrNull), limit];
      const rows = await database.query<BackRow>(held.DISMISS, [...filter, outcome, toText(because), clock.now()]);
      return rows
        .sort((a, b) => a.seq - b.seq)
        .map((row) => ({
          source: fromText(row.source),
          id: fromText(row.id),
          unit: row.unit,
          type: fromText(row.type),
          attempt: row.attempt,
        }));
    },
    async forget(before) {
      for (let all = 0; ; ) {
        const [gone] = await database.query<{ events: number }>(held.FORGET, [before, FORGET_AT_ONCE]);
        const events = gone?.events ?? 0;
        all += events;
        if (events < FORGET_AT_ONCE) return all;
      }
    },
  };
}
