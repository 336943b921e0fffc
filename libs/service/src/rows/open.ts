import { VsmError } from '@vsmcp/vsm';
import type { z } from 'zod';
import type { Database } from '../database/database.js';
import type { Rows } from './rows.js';

const READ = `-- rows read
SELECT coalesce((SELECT version FROM vsmcp_row_version WHERE kind = $1), 0)::bigint AS version,
  coalesce((SELECT json_agg(body ORDER BY name) FROM vsmcp_row WHERE kind = $1 AND body <> 'null'), '[]'::json) AS bodies`;

/** A removed row stays, with the body null, so that whoever knows an older version learns of it. */
const READ_SINCE = `-- rows read since
SELECT coalesce((SELECT version FROM vsmcp_row_version WHERE kind = $1), 0)::bigint AS version,
  coalesce((SELECT json_agg(json_build_array(name, body)) FROM vsmcp_row WHERE kind = $1 AND version > $2::bigint), '[]'::json) AS rows`;

/**
 * The lease row is locked meanwhile, so that a deposed leader cannot write past its successor. $1 kind, $2 JSON list of
 * [name, body], $3 system, $4 epoch.
 */
const WRITE = `-- rows write
WITH lease AS (SELECT epoch FROM vsmcp_lease WHERE name = $3 FOR SHARE),
bump AS (
  INSERT INTO vsmcp_row_version AS v (kind, version)
  SELECT $1, 1 WHERE NOT EXISTS (SELECT FROM lease WHERE epoch > $4::bigint)
  ON CONFLICT (kind) DO UPDATE SET version = v.version + 1
  RETURNING version
),
put AS (
  INSERT INTO vsmcp_row (kind, name, version, body)
  SELECT $1, row.value->>0, bump.version, row.value->>1 FROM bump, json_array_elements($2::json) AS row
  ON CONFLICT (kind, name) DO UPDATE SET version = excluded.version, body = excluded.body
)
SELECT (SELECT version FROM bump) AS version, (SELECT max(epoch) FROM lease) AS leader`;

/** @param kind the table within the tables: `capability` */
export function openRows<T>(database: Database, kind: string, schema: z.ZodType<T>): Rows<T> {
  async function writeAll(
    rows: ReadonlyMap<string, T | undefined>,
    { system, epoch }: { system: string; epoch: number },
  ): Promise<number> {
    const list = [...rows].map(([name, row]) => [name, row === undefined ? 'null' : JSON.stringify(row)]);
    const [written] = await database.query<{ version: number | null; leader: number | null }>(WRITE, [
      kind,
      JSON.stringify(list),
      system,
      epoch,
    ]);
    if (written?.version != null) return written.version;
    const names = [...rows.keys()].slice(0, 3).join("', '");
    throw new VsmError(
      'VSM_EPOCH',
      `${kind} '${names}': ${system} is led in epoch ${written?.leader}, a write of epoch ${epoch} is refused: campaign again`,
    );
  }

  return {
    async read() {
      const [all] = await database.query<{ version: number; bodies: string[] }>(READ, [kind]);
      const rows = (all?.bodies ?? []).map((body) => schema.parse(JSON.parse(body)));
      return { version: all?.version ?? 0, rows };
    },
    write: (name, row, by) => writeAll(new Map([[name, row]]), by),
    writeAll,
    async readSince(version) {
      const [all] = await database.query<{ version: number; rows: [string, string][] }>(READ_SINCE, [kind, version]);
      const rows = (all?.rows ?? []).map(([name, body]) => {
        const row: unknown = JSON.parse(body);
        return [name, row === null ? undefined : schema.parse(row)] as const;
      });
      return { version: all?.version ?? version, rows: new Map(rows) };
    },
  };
}
