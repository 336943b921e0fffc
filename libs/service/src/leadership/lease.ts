import type { Database } from '../database/database.js';

/** One lease row. Its end is by the database's clock, which all holders share, or by `now` where it is given. */
export interface Lease {
  readonly name: string;
  readonly holder: string;
  /** Takes it if nobody has it, with a new epoch; else tells the epoch seen. */
  acquire(ttl: number): Promise<{ won: boolean; epoch: number }>;
  giveBack(epoch: number): Promise<void>;
}

/** The renewal of a lease: it stays with its holder as long as nobody has taken it, also after its end. */
export interface Claimed {
  name: string;
  holder: string;
  epoch: number;
  /** ms */
  ttl: number;
}

/** Milliseconds since the epoch, on a clock that all holders share. */
export type Now = () => number;

const ACQUIRE = `-- lease acquire
WITH won AS (
  INSERT INTO vsmcp_lease AS l (name, holder, epoch, expires)
  VALUES ($1, $2, 1, coalesce(to_timestamp($4::float8), clock_timestamp()) + $3::int * interval '1 millisecond')
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, epoch = l.epoch + 1, expires = excluded.expires
  WHERE l.expires <= coalesce(to_timestamp($4::float8), clock_timestamp())
  RETURNING epoch
)
SELECT (SELECT epoch FROM won) AS won, coalesce((SELECT epoch FROM vsmcp_lease WHERE name = $1), 0)::bigint AS seen`;

/**
 * All leases of a process in one statement; locked in one order, so that two statements cannot wait for each other. $1
 * JSON list of `Claimed`.
 */
const RENEW = `-- lease renew
WITH item AS (
  SELECT n, name, holder, epoch, ttl FROM json_to_recordset($1::json) AS t(n int, name text, holder text, epoch bigint, ttl int)
), held AS (
  SELECT l.name, item.n, item.ttl FROM vsmcp_lease AS l
  JOIN item ON item.name = l.name AND item.holder = l.holder AND item.epoch = l.epoch
  ORDER BY l.name FOR UPDATE OF l
)
UPDATE vsmcp_lease AS l
SET expires = coalesce(to_timestamp($2::float8), clock_timestamp()) + held.ttl * interval '1 millisecond'
FROM held WHERE l.name = held.name RETURNING held.n`;

/** Without its holder, so that a renewal that is still on its way does not find it. */
const GIVE_BACK = `-- lease give back
UPDATE vsmcp_lease SET expires = coalesce(to_timestamp($4::float8), clock_timestamp()), holder = ''
WHERE name = $1 AND holder = $2 AND epoch = $3::bigint`;

const HOLDER = `-- lease holder
SELECT holder FROM vsmcp_lease WHERE name = $1 AND expires > coalesce(to_timestamp($2::float8), clock_timestamp())`;

/** Seconds since the epoch as the statements take them; null: the database's own clock. */
const seconds = (now: Now | undefined): number | null => (now === undefined ? null : now() / 1000);

/** The holder of a lease, if anybody has it now. */
export async function holderOf(database: Database, name: string, now?: Now): Promise<string | undefined> {
  const [row] = await database.query<{ holder: string }>(HOLDER, [name, seconds(now)]);
  return row?.holder;
}

/** Renews leases, and tells by their places in the list which of them are still their holders'. */
export async function renew(
  database: Pick<Database, 'query'>,
  leases: readonly Claimed[],
  now?: Now,
): Promise<ReadonlySet<number>> {
  const list = leases.map(({ name, holder, epoch, ttl }, n) => ({ n, name, holder, epoch, ttl }));
  const rows = await database.query<{ n: number }>(RENEW, [JSON.stringify(list), seconds(now)]);
  return new Set(rows.map(({ n }) => n));
}

export function openLease(database: Database, name: string, holder: string, now?: Now): Lease {
  return {
    name,
    holder,
    async acquire(ttl) {
      const [row] = await database.query<{ won: number | null; seen: number }>(ACQUIRE, [
        name,
        holder,
        ttl,
        seconds(now),
      ]);
      return { won: row?.won != null, epoch: row?.won ?? row?.seen ?? 0 };
    },
    async giveBack(epoch) {
      await database.query(GIVE_BACK, [name, holder, epoch, seconds(now)]);
    },
  };
}
