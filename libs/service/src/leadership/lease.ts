import type { Database } from '../database/database.js';

/** One lease row. Its end is by the database's clock, which all holders share, or by `now` where it is given. */
export interface Lease {
  /** Takes it if nobody has it, with a new epoch; else tells the epoch seen. */
  acquire(ttl: number): Promise<{ won: boolean; epoch: number }>;
  /** False when another has it. */
  renew(epoch: number, ttl: number): Promise<boolean>;
  giveBack(epoch: number): Promise<void>;
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

const RENEW = `-- lease renew
UPDATE vsmcp_lease
SET expires = coalesce(to_timestamp($5::float8), clock_timestamp()) + $4::int * interval '1 millisecond'
WHERE name = $1 AND holder = $2 AND epoch = $3::bigint RETURNING epoch`;

const GIVE_BACK = `-- lease give back
UPDATE vsmcp_lease SET expires = coalesce(to_timestamp($4::float8), clock_timestamp())
WHERE name = $1 AND holder = $2 AND epoch = $3::bigint`;

const HOLDER = `-- lease holder
SELECT holder FROM vsmcp_lease WHERE name = $1 AND expires > coalesce(to_timestamp($2::float8), clock_timestamp())`;

/** Seconds since the epoch as the statements take them; null: the database's own clock. */
const seconds = (now: Now | undefined): number | null => (now === undefined ? null : now() / 1000);

/** Who holds a lease now, if anybody does. */
export async function holderOf(database: Database, name: string, now?: Now): Promise<string | undefined> {
  const [row] = await database.query<{ holder: string }>(HOLDER, [name, seconds(now)]);
  return row?.holder;
}

export function openLease(database: Database, name: string, holder: string, now?: Now): Lease {
  return {
    async acquire(ttl) {
      const [row] = await database.query<{ won: number | null; seen: number }>(ACQUIRE, [
        name,
        holder,
        ttl,
        seconds(now),
      ]);
      return { won: row?.won != null, epoch: row?.won ?? row?.seen ?? 0 };
    },
    async renew(epoch, ttl) {
      return (await database.query<{ epoch: number }>(RENEW, [name, holder, epoch, ttl, seconds(now)])).length > 0;
    },
    async giveBack(epoch) {
      await database.query(GIVE_BACK, [name, holder, epoch, seconds(now)]);
    },
  };
}
