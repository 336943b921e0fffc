import { type Clock, type JournalEntry, VsmError } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import { stateOf } from '../database/failure.js';
import { group } from '../ledger/group.js';
import { fromText, toText } from '../ledger/text.js';
import type { Journal } from './journal.js';
import { Chains } from './link.js';

type Entry = Parameters<Journal['append']>[0];
interface Row {
  system: string;
  epoch: number;
  seq: number;
  type: string;
  at: number;
  cause: string | null;
  data: string;
  hash: string;
}

/** Entries in one statement. */
const MOST = 200;
const PAGE = 500;

/**
 * The lease rows are locked while the entries are written, so that a new leader and an append of the old one cannot
 * cross. If somebody else wrote one of these places in a chain first, the whole statement fails (23505). $1 JSON list.
 */
const APPEND = `-- journal append
WITH item AS (
  SELECT * FROM json_to_recordset($1::json)
    AS t(n int, system text, epoch bigint, seq bigint, type text, at bigint, cause text, data text, hash text)
), lease AS (
  SELECT name, epoch FROM vsmcp_lease WHERE name IN (SELECT system FROM item) ORDER BY name FOR SHARE
), put AS (
  INSERT INTO vsmcp_journal (system, epoch, seq, type, at, cause, data, hash)
  SELECT system, epoch, seq, type, at, cause, data, hash FROM item
  WHERE NOT EXISTS (SELECT FROM lease WHERE lease.name = item.system AND lease.epoch > item.epoch)
  ORDER BY n
)
SELECT item.n, lease.epoch AS leader FROM item JOIN lease ON lease.name = item.system AND lease.epoch > item.epoch`;

const COLUMNS = 'system, epoch, seq, type, at, cause, data, hash';

const READ = `-- journal read
SELECT ${COLUMNS} FROM vsmcp_journal
WHERE ($1::text IS NULL OR system = $1) AND ($2::text IS NULL OR type = $2) AND ($3::bigint IS NULL OR at >= $3::bigint)
ORDER BY position DESC LIMIT $4::int`;

const REPLAY = `-- journal replay
SELECT ${COLUMNS} FROM vsmcp_journal WHERE system = $1 AND (epoch, seq) > ($2::bigint, $3::bigint)
ORDER BY epoch, seq LIMIT $4::int`;

/** Opens the journal on a database whose schema is up to date. */
export function openJournal(database: Database, clock: Clock): Journal {
  const chains = new Chains(database, clock);

  const append = group<Entry, JournalEntry | VsmError>({
    statement: 'append',
    most: MOST,
    async run(entries) {
      const { ahead, linked } = await chains.link(entries);
      chains.forget(ahead);
      const list = linked.map((e, n) => ({ ...e, n, cause: e.cause && toText(e.cause), data: JSON.stringify(e.data) }));
      let refused: { n: number; leader: number }[];
      try {
        refused = await database.query<{ n: number; leader: number }>(APPEND, [JSON.stringify(list)]);
      } catch (error) {
        if (stateOf(error) === '23505') return entries.map(() => undefined);
        throw error;
      }
      chains.keep(
        ahead,
        refused.map(({ n }) => linked[n] as JournalEntry),
      );
      const leaders = new Map(refused.map(({ n, leader }) => [n, leader]));
      return linked.map((entry, n) => {
        const leader = leaders.get(n);
        return leader === undefined ? entry : deposed(entry, leader);
      });
    },
  });

  return {
    async append(entry) {
      const appended = await append(entry);
      if (appended instanceof VsmError) throw appended;
      return appended;
    },
    async read({ system, type, since, limit }) {
      const rows = await database.query<Row>(READ, [system ?? null, type ?? null, since ?? null, limit]);
      return rows.map(entryOf);
    },
    async *replay(system) {
      for (let after = { epoch: -1, seq: 0 }; ; ) {
        const rows = await database.query<Row>(REPLAY, [system, after.epoch, after.seq, PAGE]);
        yield* rows.map(entryOf);
        const last = rows.at(-1);
        if (!last || rows.length < PAGE) return;
        after = { epoch: last.epoch, seq: last.seq };
      }
    },
  };
}

function deposed({ system, epoch }: JournalEntry, leader: number): VsmError {
  return new VsmError(
    'VSM_EPOCH',
    `journal: ${system} is led in epoch ${leader}, an append of epoch ${epoch} is refused: campaign again`,
  );
}

function entryOf(row: Row): JournalEntry {
  return { ...row, cause: row.cause && fromText(row.cause), data: JSON.parse(row.data) };
}
