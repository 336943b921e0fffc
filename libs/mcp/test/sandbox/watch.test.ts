import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { link, mkdir, mkdtemp, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bytesIn, sizeOf } from '../../src/sandbox/disk.js';
import { canCount, familyOf } from '../../src/sandbox/family.js';
import { watchServer } from '../../src/sandbox/watch.js';
import { clock, temporary } from '../support.js';

const MiB = 2 ** 20;

test('a folder is measured by what it takes on the disk, each file once, links not followed', async (t) => {
  const folder = await temporary(t);
  const empty = await bytesIn(folder, MiB);
  await mkdir(join(folder, 'a/b'), { recursive: true });
  await writeFile(join(folder, 'a/b/file'), Buffer.alloc(100_000, 1));
  await link(join(folder, 'a/b/file'), join(folder, 'again'));
  await symlink('/usr', join(folder, 'usr'));
  await writeFile(join(folder, 'sparse'), '');
  await truncate(join(folder, 'sparse'), 2 ** 40);
  const bytes = await bytesIn(folder, 100 * MiB);
  assert.equal(empty, 0);
  assert.ok(bytes >= 100_000 && bytes < 200_000, `${bytes}`);
  for (let n = 0; n < 64; n++) await writeFile(join(folder, `${n}`), '');
  assert.ok((await bytesIn(folder, 100 * MiB)) >= bytes + 64 * 4096, 'what is empty counts too');
  assert.equal(await bytesIn(join(folder, 'gone'), 1), 0);
});

test('what cannot be looked at counts as too much', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-deep-'));
  t.after(() => execFileSync('rm', ['-rf', folder]));
  // deeper than a path can name
  const dig = `for (let n = 0; n < 20; n++) { fs.mkdirSync('d'.repeat(250)); process.chdir('d'.repeat(250)); }`;
  execFileSync(process.execPath, ['-e', dig], { cwd: folder });
  await assert.rejects(bytesIn(folder, MiB), { code: 'VSM_SANDBOX', message: /cannot be looked at \(ENAMETOOLONG\)/ });
});

test('sizes are said for people', () => {
  assert.deepEqual([1, 1023, 1024, 1.5 * MiB, 2 ** 30, 2 ** 50].map(sizeOf), [
    '1 B',
    '1023 B',
    '1 KiB',
    '1.5 MiB',
    '1 GiB',
    '1024 TiB',
  ]);
});

/** A process with two children, each of which takes some memory; they go with the test. */
function heavy(t: TestContext, megabytes: number): number {
  const take = `globalThis.kept = Buffer.alloc(${megabytes} * 2 ** 20, 1); setInterval(() => {}, 1000)`;
  const both = `for (const _ of 'ab') require('child_process').spawn(process.execPath, ['-e', \`${take}\`]); setInterval(() => {}, 1000)`;
  const { pid } = spawn(process.execPath, ['-e', both], { detached: true, stdio: 'ignore' });
  assert.ok(pid !== undefined);
  t.after(() => process.kill(-pid, 'SIGKILL'));
  return pid;
}

test('the memory of all processes of a server is looked at together', {
  skip: !canCount() && 'not told here',
}, async (t) => {
  const pid = heavy(t, 100);
  const watched = { members: () => familyOf(pid), folder: await temporary(t), disk: MiB, memory: 160 * MiB };
  const reason = await new Promise<string>((resolve) => t.after(watchServer(watched, clock, resolve)));
  assert.equal(reason, 'it was ended for taking more than 160 MiB of memory');
});
