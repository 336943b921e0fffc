import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../../src/database/migrate.js';
import { MIGRATIONS } from '../../src/database/migrations.js';
import { onEveryDatabase } from '../support/databases.js';

onEveryDatabase('migrations', (on) => {
  test('are safe at once and again, and bind the database to one fleet', async () => {
    await Promise.all([on.database, on.other, on.database, on.other].map((database) => migrate(database, 'vsm')));
    await migrate(on.other, 'vsm');
    const versions = await on.database.query<{ version: number }>('SELECT version FROM vsmcp_schema ORDER BY version');
    assert.deepEqual(
      versions,
      MIGRATIONS.map(({ version }) => ({ version })),
    );
    await assert.rejects(migrate(on.database, 'vsm.west'), /belongs to the fleet with path 'vsm', not 'vsm.west'/);
  });
});
