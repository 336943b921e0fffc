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

  test('what statements leave behind is cleared away, and the planner learns how large tables are', async () => {
    const database = await openEmbedded('memory');
    await database.query('CREATE TABLE counter (n int)');
    await database.query('INSERT INTO counter VALUES (0), (0)');
    for (let n = 0; n < 600; n++) await database.query('UPDATE counter SET n = n + 1');
    const size = "SELECT reltuples::int AS rows FROM pg_class WHERE relname = 'counter'";
    assert.deepEqual(await database.query(size), [{ rows: 2 }]);
    assert.deepEqual(await database.query('SELECT n FROM counter'), [{ n: 600 }, { n: 600 }]);
    await database.close();
  });

  test('a statement may come as often as it likes, fail in between, and outlive a change of its table', async () => {
    const database = await openEmbedded('memory');
    await database.query('CREATE TABLE often (n int PRIMARY KEY, t text, b boolean)');
    const insert = 'INSERT INTO often VALUES ($1, $2, $3) RETURNING n';
    for (let n = 0; n < 450; n++) {
      assert.deepEqual(await database.query(insert, [n, n % 2 ? null : `é${n}`, n % 3 === 0]), [{ n }]);
      if (n % 90 === 0) await assert.rejects(database.query(insert, [n, '', true]), /duplicate key/);
    }
    const read = 'SELECT *, count(*) OVER () AS all FROM often WHERE n >= $1 ORDER BY n LIMIT 1';
    for (let n = 0; n < 3; n++) {
      assert.deepEqual(await database.query(read, [448]), [{ n: 448, t: 'é448', b: false, all: 2 }]);
    }
    await database.query('ALTER TABLE often ADD COLUMN more int');
    assert.deepEqual(await database.query(read, [449]), [{ n: 449, t: null, b: false, more: null, all: 1 }]);
    const other = await database.within('other');
    await other.query('CREATE TABLE often (n int, other text)');
    for (let n = 0; n < 3; n++) assert.deepEqual(await other.query(read, [0]), []);
    assert.equal((await database.query(read, [0]))[0] !== undefined, true);
    await database.close();
    await assert.rejects(database.query(read, [0]), /closed/);
  });
});
