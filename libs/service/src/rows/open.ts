import { VsmError } from '@vsmcp/vsm';
import type { z } from 'zod';
import type { Database } from '../database.js';
import type { Rows } from '../rows.js';

const READ = `-- rows read
SELECT coalesce((SELECT version FROM vsmcp_row_version WHERE kind = $1), 0)::bigint AS version,
  coalesce((SELECT json_agg(body ORDER BY name) FROM vsmcp_row WHERE kind = $1), '[]'::json) AS bodies`;

/** The lease row is locked meanwhile, so that a deposed leader cannot write past its successor. $1 kind … $5 epoch. */
const WRITE = `-- rows write
WITH lease AS (SELECT epoch FROM vsmcp_lease WHERE name = $4 FOR SHARE),
bump AS (
  INSERT INTO vsmcp_row_version AS v (kind, version)
  SELECT $1, 1 WHERE NOT EXISTS (SELECT FROM lease WHERE epoch > $5::bigint)
  ON CONFLICT (kind) DO UPDATE SET version = v.version + 1
  RETURNING version
),
put AS (
  INSERT INTO vsmcp_row (kind, name, version, body) SELECT $1, $2, bump.version, $3 FROM bump
  ON CONFLICT (kind, name) DO UPDATE SET version = excluded.version, body = excluded.body
)
SELECT (SELECT version FROM bump) AS version, (SELECT max(epoch) FROM lease) AS leader`;

/** @param kind the table within the tables: `capability` */
export function openRows<T>(database: Database, kind: string, schema: z.ZodType<T>): Rows<T> {
  return {
    async read() {
      const [all] = await database.query<{ version: number; bodies: string[] }>(READ, [kind]);
      const rows = (all?.bodies ?? []).map((body) => schema.parse(JSON.parse(body)));
      return { version: all?.version ?? 0, rows };
    },
    async write(name, row, { system, epoch }) {
      const [written] = await database.query<{ version: number | null; leader: number | null }>(WRITE, [
        kind,
        name,
        JSON.stringify(row),
        system,
        epoch,
      ]);
      if (written?.version != null) return written.version;
      throw new VsmError(
        'VSM_EPOCH',
        `${kind} '${name}': ${system} is led in epoch ${written?.leader}, a write of epoch ${epoch} is refused: campaign again`,
      );
    },
  };
}
