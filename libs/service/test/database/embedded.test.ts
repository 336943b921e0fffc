import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openEmbedded } from '../../src/index.js';

describe('the embedded database in a folder', () => {
  let parent: string;
  let folder: string;
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'vsmcp-embedded-'));
    folder = join(parent, 'database');
  });
  after(() => rm(parent, { recursive: true, force: true }));
  const lock = () => join(parent, '.database.lock');

  test('keeps its rows, and is open once only', async () => {
    const first = await openEmbedded({ folder });
    await first.query('CREATE TABLE kept (n int)');
    await first.query('INSERT INTO kept VALUES ($1::int)', [7]);
    await assert.rejects(openEmbedded({ folder }), /is open in this process already.*VSMCP_DATA_DIR/);
    await first.close();
    assert.equal(existsSync(lock()), false);

    await writeFile(lock(), `${process.ppid}\n`);
    await assert.rejects(openEmbedded({ folder }), new RegExp(`open in process ${process.ppid};.*delete`));
    await writeFile(lock(), `${process.pid}\n`); // as a container's process finds it after a crash
    await (await openEmbedded({ folder })).close();
    await writeFile(lock(), '999999999\n'); // its process is gone
    const second = await openEmbedded({ folder });
    assert.deepEqual(await second.query('SELECT n FROM kept'), [{ n: 7 }]);
    await second.close();
  });

  test('an error names the statement and keeps its cause; parameters are plain', async () => {
    const database = await openEmbedded('memory');
    await assert.rejects(database.query('-- my statement\nSELECT * FROM nowhere'), (error: Error) => {
      assert.match(error.message, /^database: my statement: .*nowhere/);
      assert.ok(error.cause instanceof Error);
      return true;
    });
    await assert.rejects(database.query('SELECT $1', [{ a: 1 }]), /pass lists and objects as JSON text/);
    await database.close();
  });
});
