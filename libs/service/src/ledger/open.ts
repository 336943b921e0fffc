import type { Clock, CloudEvent, OutcomeKind } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import { type GroupOptions, group } from './group.js';
import * as held from './held.js';
import type { BelowUnit, Claimed, ClaimRequest, Ledger, LedgerKey, Recalled, Settlement } from './ledger.js';
import { BELOW, DESCEND, RECALL } from './recursion.js';
import {
  type BackRow,
  type BookedRow,
  bookedOf,
  type ClaimRow,
  claimed,
  countsOf,
  type HeldRow,
  heldEvent,
  type OutcomeRow,
  type RecallRow,
  recalled,
  reclaimed,
  settledEvent,
  settlement,
  type UnsaidRow,
  unsaidOf,
} from './shape.js';
import { fromText, keyOf, toText } from './text.js';
import { kindsOf, waitingIn } from './waiting.js';
import { CLAIM, INTEND, RELEASE, SAID, SETTLE, SETTLE_NEW } from './writes.js';

/** Rows in one statement: beyond a few hundred the rate no longer grows, but the wait does. */
const MOST = 500;
const FORGET_AT_ONCE = 10_000;

type Fenced = LedgerKey & { attempt: number };

/** Opens the ledger on a database whose schema is up to date. Times are the clock's. */
export function openLedger(database: Database, clock: Clock): Ledger {
  function batched<I extends LedgerKey, O, R extends { n: number } = ClaimRow>(
    statement: string,
    sql: string,
    item: (i: I) => object,
    answers: (rows: readonly R[], count: number) => Awaited<ReturnType<GroupOptions<I, O>['run']>>,
  ): (item: I) => Promise<O> {
    const run = group<{ key: string; item: I }, O>({
      statement,
      key: ({ key }) => key,
      most: MOST,
      async run(items) {
        const list = items.map(({ key, item: i }, n) => ({ n, key, ...item(i) }));
        return answers(await database.query<R>(sql, [JSON.stringify(list), clock.now()]), items.length);
      },
    });
    return (i) => run({ key: keyOf(i.source, i.id), item: i });
  }

  const claim = batched<ClaimRequest, Claimed>(
    'claim',
    CLAIM,
    (c) => ({ ...c, ...named(c) }),
    (rows, count) => {
      const answers = new Array<Claimed | undefined>(count);
      for (const row of rows) answers[row.n] = claimed(row);
      return answers;
    },
  );
  const intend = batched<Fenced & { deadline: number }, boolean>(
    'intend',
    INTEND,
    ({ attempt, deadline }) => ({ attempt, deadline }),
    done,
  );
  const descend = batched<Fenced & { deadline: number; event: CloudEvent }, boolean>(
    'descend',
    DESCEND,
    ({ attempt, unit, deadline, event }) => ({ attempt, unit, deadline, event: JSON.stringify(event) }),
    done,
  );
  const recall = batched<
    LedgerKey & { outcome: OutcomeKind; holder: string; deadline: number },
    Recalled | null,
    RecallRow
  >(
    'recall',
    RECALL,
    ({ unit, outcome, holder, deadline }) => ({ unit, outcome, holder, deadline }),
    (rows, count) => {
      const answers = new Array<Recalled | null>(count).fill(null);
      for (const row of rows) answers[row.n] = recalled(row);
      return answers;
    },
  );
  const settle = batched<Settlement, boolean>('settle', SETTLE, settlement, done);
  const settleNew = batched<Parameters<Ledger['settleNew']>[0], boolean>(
    'settle new',
    SETTLE_NEW,
    (s) => ({ ...settlement({ ...s, attempt: 1 }), ...named(s), holder: s.holder }),
    done,
  );
  const release = batched<Fenced, boolean>('release', RELEASE, ({ attempt }) => ({ attempt }), done);
  const said = batched<Fenced, boolean>('said', SAID, ({ attempt }) => ({ attempt }), done);

  return {
    claim,
    intend: (key, attempt, deadline) => intend({ ...key, attempt, deadline }),
    descend: (key, attempt, deadline, event) => descend({ ...key, attempt, deadline, event }),
    recall: (key, outcome, holder, deadline) => recall({ ...key, outcome, holder, deadline }),
    below: (late) => database.query<BelowUnit>(BELOW, [JSON.stringify(late)]),
    settleNew,
    settle,
    async isSettled({ source, id }) {
      const rows = await database.query(held.SETTLED, [keyOf(source, id)]);
      return rows.length > 0;
    },
    async release(key, attempt) {
      await release({ ...key, attempt });
    },
    async said(key, attempt) {
      await said({ ...key, attempt });
    },
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

function named({ source, id, type }: { source: string; id: string; type: string }) {
  return { source: toText(source), id: toText(id), type: toText(type) };
}

/** Every row that came back was changed; the others belong to a newer attempt. */
function done(rows: readonly { n: number }[], count: number): boolean[] {
  const answers = new Array<boolean>(count).fill(false);
  for (const { n } of rows) answers[n] = true;
  return answers;
}

function textOrNull(value: string | undefined): string | null {
  return value === undefined ? null : toText(value);
}
