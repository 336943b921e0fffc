import { Algedonic, type Clock, VsmError } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import type { PainRows } from './pain.js';

/** Signals looked at in one go. */
const AT_ONCE = 100;

export function openPainRows(database: Database, clock: Clock): PainRows {
  return {
    async put(id, signal) {
      await database.query('INSERT INTO vsmcp_pain (id, at, signal) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
        id,
        clock.now(),
        JSON.stringify(signal),
      ]);
    },
    async drain(handle) {
      const rows = await database.query<{ id: string; signal: string }>(
        'SELECT id, signal FROM vsmcp_pain ORDER BY at, id LIMIT $1',
        [AT_ONCE],
      );
      for (const { id, signal } of rows) {
        await handle(id, read(id, signal));
        await database.query('DELETE FROM vsmcp_pain WHERE id = $1', [id]);
      }
      return rows.length;
    },
  };
}

function read(id: string, text: string) {
  const signal = Algedonic.data.safeParse(JSON.parse(text));
  if (!signal.success) throw new VsmError('VSM_DATABASE', `the pain row ${id} is no signal: ${signal.error.message}`);
  return signal.data;
}
