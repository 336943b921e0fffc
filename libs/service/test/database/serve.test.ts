import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { embeddedTemplate } from '../../../../test/support/embedded.js';
import { serveEmbedded } from '../../src/index.js';

const run = promisify(execFile);
const client = fileURLToPath(new URL('../support/client.ts', import.meta.url));

test('several processes share one embedded database, and none gets the answer of another', async () => {
  const served = await serveEmbedded('memory', { template: await embeddedTemplate() });
  try {
    const node = ['--import', 'tsx', '-C', 'source', client, served.url];
    const outputs = await Promise.all(['a', 'b', 'c'].map((name) => run(process.execPath, [...node, name])));
    const won = outputs.map(({ stdout }) => Number(stdout));
    assert.equal(
      won.reduce((sum, n) => sum + n, 0),
      100,
      `won: ${won.join(', ')}`,
    );
    const rows = await served.database.query<{ n: number }>('SELECT count(*)::int AS n FROM vsmcp_ledger');
    assert.deepEqual(rows, [{ n: 100 }]);
  } finally {
    await served.close();
  }
});
