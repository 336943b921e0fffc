import { type Clock, type JournalEntry, VsmError } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import { stateOf } from '../database/failure.js';
import { group } from '../ledger/group.js';
import { fromText, toText } from '../ledger/text.js';
import { GENESIS, hashOf } from './chain.js';
import type { Journal } from './journal.js';

type Entry = Parameters<Journal['append']>[0];
interface Head {
  seq: number;
  hash: string;
}
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
 * The lease rows are locked while the entries are written, so that a new leader and an append of the old one cannot cross.
 * If somebody else wrote one of these places in a chain first, the whole statement fails (23505). $1 JSON list.
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

const HEAD = `-- journal head
SELECT seq, hash FROM vsmcp_journal WHERE system = $1 AND epoch = $2::bigint ORDER BY seq DESC LIMIT 1`;

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
  const heads = new Map<string, Head>();

  async function headOf({ system, epoch }: Entry): Promise<Head> {
    const known = heads.get(chainOf({ system, epoch }));
    if (known) return known;
    const [head] = await database.query<Head>(HEAD, [system, epoch]);
    return head ?? { seq: 0, hash: GENESIS };
  }

  /** Links the entries to their chains; the new heads are kept only once they are written. */
  async function link(entries: readonly Entry[]) {
    const ahead = new Map<string, Head>();
    const linked: JournalEntry[] = [];
    for (const entry of entries) {
      const { system, epoch, type, cause = null } = entry;
      const head = ahead.get(chainOf(entry)) ?? (await headOf(entry));
      // through JSON once, so that what is hashed is what will be read back
      const data: unknown = JSON.parse(JSON.stringify(entry.data) ?? 'null');
      const next = { system, epoch, seq: head.seq + 1, type, at: clock.now(), cause, data };
      linked.push({ ...next, hash: hashOf(head.hash, next) });
      ahead.set(chainOf(entry), { seq: next.seq, hash: hashOf(head.hash, next) });
    }
    return { ahead, linked };
  }

  const append = group<Entry, JournalEntry | VsmError>({
    statement: 'append',
    most: MOST,
    async run(entries) {
      const { ahead, linked } = await link(entries);
      for (const chain of ahead.keys()) heads.delete(chain);
      const list = linked.map((e, n) => ({ ...e, n, cause: e.cause && toText(e.cause), data: JSON.stringify(e.data) }));
      let refused: { n: number; leader: number }[];
      try {
        refused = await database.query<{ n: number; leader: number }>(APPEND, [JSON.stringify(list)]);
      } catch (error) {
        if (stateOf(error) === '23505') return entries.map(() => undefined);
        throw error;
      }
      for (const { n } of refused) ahead.delete(chainOf(linked[n] as JournalEntry));
      for (const [chain, head] of ahead) heads.set(chain, head);
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

function chainOf({ system, epoch }: Pick<Entry, 'system' | 'epoch'>): string {
  return `${system} ${epoch}`;
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
