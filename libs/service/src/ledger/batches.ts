import type { Clock, CloudEvent, OutcomeKind } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import { type GroupOptions, group } from './group.js';
import type { Claimed, ClaimRequest, Ledger, LedgerKey, Recalled, Settlement } from './ledger.js';
import { DESCEND, RECALL } from './recursion.js';
import { type ClaimRow, claimed, type RecallRow, recalled, settlement } from './shape.js';
import { keyOf, toText } from './text.js';
import { CLAIM, INTEND, RELEASE, SAID, SETTLE, SETTLE_NEW } from './writes.js';

/**
 * The ledger's writes, gathered: what comes at the same time is one statement, which is what makes the ledger fast
 * (group commit). Each item is answered by itself.
 */

/** Rows in one statement: beyond a few hundred the rate no longer grows, but the wait does. */
const MOST = 500;

type Fenced = LedgerKey & { attempt: number };

/** A way to have items of one kind written together. */
type Batched = <I extends LedgerKey, O, R extends { n: number } = ClaimRow>(
  statement: string,
  sql: string,
  item: (i: I) => object,
  answers: (rows: readonly R[], count: number) => Awaited<ReturnType<GroupOptions<I, O>['run']>>,
) => (item: I) => Promise<O>;

function batching(database: Database, clock: Clock): Batched {
  return function batched<I extends LedgerKey, O, R extends { n: number } = ClaimRow>(
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
  };
}

/** Taking events, and taking them back. */
export function claimingWrites(database: Database, clock: Clock) {
  const batched = batching(database, clock);
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
  return { claim, intend, descend, recall };
}

/** Writing down how they ended. */
export function settlingWrites(database: Database, clock: Clock) {
  const batched = batching(database, clock);
  const settle = batched<Settlement, boolean>('settle', SETTLE, settlement, done);
  const settleNew = batched<Parameters<Ledger['settleNew']>[0], boolean>(
    'settle new',
    SETTLE_NEW,
    (s) => ({ ...settlement({ ...s, attempt: 1 }), ...named(s), holder: s.holder }),
    done,
  );
  const release = batched<Fenced, boolean>('release', RELEASE, ({ attempt }) => ({ attempt }), done);
  const said = batched<Fenced, boolean>('said', SAID, ({ attempt }) => ({ attempt }), done);
  return { settle, settleNew, release, said };
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
