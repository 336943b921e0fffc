import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readLock } from '../../src/install/lock.js';
import { npmEnvironment } from '../../src/install/npm-cli.js';
import { parseSpec, readPackage } from '../../src/install/package.js';
import { hashTree } from '../../src/install/tree.js';
import { temporary } from '../support.js';

async function folderWith(t: TestContext, manifest: object, files: Record<string, string> = {}): Promise<string> {
  const folder = await temporary(t);
  const home = join(folder, 'node_modules/@a/server');
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'package.json'), JSON.stringify(manifest));
  for (const [name, content] of Object.entries(files)) await writeFile(join(home, name), content);
  return folder;
}

test('the bin named like the package is started', async (t) => {
  const files = { 'a.js': '', 'b.js': '#!/usr/bin/env node\n' };
  const folder = await folderWith(
    t,
    { bin: { other: 'a.js', server: './b.js' }, mcpName: 'io.github.a/server' },
    files,
  );
  const found = await readPackage(folder, '@a/server');
  assert.deepEqual(found, { bin: join(folder, 'node_modules/@a/server/b.js'), mcpName: 'io.github.a/server' });
  assert.match((await readPackage(await folderWith(t, { bin: 'a.js' }, files), '@a/server')).bin, /a\.js$/);
});

test('a bin that is missing, elsewhere or not for node is refused', async (t) => {
  const refused = async (manifest: object, files: Record<string, string>, why: RegExp) =>
    assert.rejects(readPackage(await folderWith(t, manifest, files), '@a/server'), {
      code: 'VSM_INSTALL',
      message: why,
    });
  await refused({}, {}, /has no bin/);
  await refused({ bin: 'gone.js' }, {}, /does not exist/);
  await refused({ bin: '../../../../../../../../../../etc/passwd' }, {}, /outside the package/);
  await refused({ bin: 'a' }, { a: '#!/usr/bin/env bun\n' }, /wants \/usr\/bin\/env bun/);
  await refused({ bin: 1 }, {}, /malformed bin/);
});

test('a link that leads out of an installed folder is refused', async (t) => {
  const folder = await folderWith(t, { bin: 'a.js' }, { 'a.js': '' });
  const before = await hashTree(folder, '@a/server');
  assert.equal(await hashTree(folder, '@a/server'), before);
  await symlink('/etc/passwd', join(folder, 'node_modules/@a/server/out'));
  await assert.rejects(hashTree(folder, '@a/server'), { code: 'VSM_INSTALL', message: /leads out/ });
});

test('a lock is the same whatever mirror it names, and nothing in it lacks integrity', () => {
  const lock = (entry: object, url?: string) => {
    const own = { version: '1.0.0', integrity: 'sha512-x', ...(url && { resolved: url }) };
    return JSON.stringify({ lockfileVersion: 3, packages: { '': {}, 'node_modules/a': own, 'node_modules/b': entry } });
  };
  const b = { version: '2.0.0', integrity: 'sha512-y' };
  const plain = readLock(lock(b), 'a', '1.0.0');
  assert.deepEqual(readLock(lock(b, 'https://mirror.example/a.tgz'), 'a', '1.0.0'), plain);
  assert.notEqual(readLock(lock({ ...b, integrity: 'sha512-z' }), 'a', '1.0.0').lock, plain.lock);
  assert.throws(() => readLock(lock({ version: '2.0.0' }), 'a', '1.0.0'), {
    code: 'VSM_INSTALL',
    message: /no integrity/,
  });
  assert.throws(() => readLock(lock({ link: true }), 'a', '1.0.0'), { code: 'VSM_INSTALL' });
  assert.throws(() => readLock(lock(b), 'a', '1.0.1'), { code: 'VSM_INSTALL', message: /npm installed 1\.0\.0/ });
  assert.doesNotThrow(() => readLock(lock({ inBundle: true, version: '1.0.0' }), 'a', '1.0.0'));
});

test('a spec is a name and an exact version; npm gets none of an outer run', () => {
  assert.deepEqual(parseSpec('@a/b@1.2.3-rc.1'), { name: '@a/b', version: '1.2.3-rc.1' });
  for (const wrong of ['a', 'a@1', 'a@^1.0.0', '@a/../b@1.0.0', 'a/b@1.0.0', 'git+ssh://x@1.0.0', '.a@1.0.0']) {
    assert.throws(() => parseSpec(wrong), { code: 'VSM_INSTALL' }, wrong);
  }
  const env = { PATH: '/bin', NODE_OPTIONS: '-r x', npm_config_registry: 'r', npm_config_global: 'true', SECRET: 's' };
  assert.deepEqual(npmEnvironment({ ...env, 'npm_config_@a:registry': 'q' }), {
    PATH: '/bin',
    npm_config_registry: 'r',
    'npm_config_@a:registry': 'q',
  });
});
