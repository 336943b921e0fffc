import { VsmError } from '@vsmcp/vsm';
import type { Database } from './database.js';
import { stateOf } from './failure.js';
import { MIGRATIONS } from './migrations.js';

/**
 * Brings the schema up to date. Safe when several processes start at once: every statement can be repeated, and one
 * that loses a race against its twin is tried again.
 * @param path the fleet's path; a database belongs to one fleet
 * @throws VSM_CONFIG when the database belongs to another fleet
 */
export async function migrate(database: Database, path: string): Promise<void> {
  await attempt(database, `CREATE TABLE IF NOT EXISTS vsmcp_schema (version integer PRIMARY KEY, path text NOT NULL)`);
  const done = await database.query<{ version: number; path: string }>(`SELECT version, path FROM vsmcp_schema`);
  const owner = done[0]?.path;
  if (owner !== undefined && owner !== path) {
    throw new VsmError(
      'VSM_CONFIG',
      `this database belongs to the fleet with path '${owner}', not '${path}': set VSMCP_DATABASE_URL to one of its own`,
    );
  }
  const newest = Math.max(0, ...done.map((row) => row.version));
  for (const { version, statements } of MIGRATIONS) {
    if (version <= newest) continue;
    for (const statement of statements) await attempt(database, statement);
    await database.query(`INSERT INTO vsmcp_schema (version, path) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [
      version,
      path,
    ]);
  }
}

/** `IF NOT EXISTS` still collides when two create the same thing at the same instant (23505, 42P07, 42710). */
async function attempt(database: Database, statement: string): Promise<void> {
  for (let left = 5; ; left--) {
    try {
      await database.query(statement);
      return;
    } catch (error) {
      if (left === 0 || !['23505', '42P07', '42710', '40P01', 'XX000'].includes(stateOf(error) ?? '')) throw error;
    }
  }
}
