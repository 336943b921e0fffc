import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Clock } from '@vsmcp/vsm';
import { isInstalled, openInstaller } from '../../src/install/installer.js';
import { findNpm } from '../../src/install/npm-cli.js';
import { recordPath } from '../../src/install/records.js';
import { CACHE, clock, keptLog, quiet, temporary } from '../support.js';

const TIME = 'time-mcp@1.0.6';
/** Few files, so that it is soon installed. */
const GIT = '@cyanheads/git-mcp-server@2.15.3';

const installerIn = (dataDir: string, log = keptLog()) => openInstaller({ dataDir, npm: findNpm(), log, clock });

/** A data folder of its own that shares npm's cache with all tests. */
async function dataFolder(t: TestContext): Promise<string> {
  const dataDir = await temporary(t);
  await mkdir(join(CACHE, 'npm-cache'), { recursive: true });
  await symlink(join(CACHE, 'npm-cache'), join(dataDir, 'npm-cache'));
  return dataDir;
}

/** While a test runs, no registry can be reached. */
function cutNetwork(t: TestContext): void {
  process.env.npm_config_registry = 'http://127.0.0.1:9';
  t.after(() => delete process.env.npm_config_registry);
}

test('what was installed once starts again with the network cut, and is checked', async (t) => {
  const first = await openInstaller({ dataDir: CACHE, npm: findNpm(), log: quiet, clock }).install(TIME);
  cutNetwork(t);
  const again = await openInstaller({ dataDir: CACHE, npm: findNpm(), log: quiet, clock }).install(TIME);
  assert.deepEqual({ ...again, took: 0 }, { ...first, took: 0 });
  assert.match(first.integrity, /^sha512-/);
  assert.match(first.lock, /^sha256-[0-9a-f]{64}$/);
  assert.equal(first.mcpName, 'io.github.yokingma/time-mcp');
  assert.ok(first.bin.startsWith(join(first.folder, 'node_modules/time-mcp')));
  assert.ok((await readFile(join(first.folder, 'package-lock.json'), 'utf8')).includes(first.integrity));
  await assert.rejects(
    installerIn(CACHE).install(TIME, undefined, { integrity: 'sha512-other' }),
    /VSM_INSTALL|is not what was approved/,
  );
});

test('several processes may install the same at once, and a changed file is seen', async (t) => {
  const dataDir = await dataFolder(t);
  const script = join(import.meta.dirname, '../fixtures/install.ts');
  const run = () =>
    new Promise<string>((resolve, reject) => {
      const child = spawn(process.execPath, ['--import', 'tsx', '-C', 'source', script, dataDir, GIT], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
      });
      child.on('error', reject);
      child.on('close', () => resolve(out));
    });
  const folders = await Promise.all([run(), run()]);
  assert.equal(folders[0], folders[1]);
  assert.deepEqual(await readdir(join(dataDir, 'servers/.staging')), []);

  const log = keptLog();
  const installer = installerIn(dataDir, log);
  const { bin, folder } = await installer.install(GIT);
  assert.equal(log.lines.length, 0);
  await appendFile(bin, '// changed');
  const [mended, shared] = await Promise.all([installer.install(GIT), installer.install(GIT)]);
  assert.equal(mended, shared);
  assert.equal(mended.folder, folder);
  assert.ok(log.lines.some((line) => line.message.includes('not as it was installed')));
  assert.ok(!(await readFile(bin, 'utf8')).endsWith('// changed'));
});

test('what cannot be installed says why and what to do', async (t) => {
  cutNetwork(t);
  const installer = installerIn(await temporary(t));
  const code = { code: 'VSM_INSTALL' };
  await assert.rejects(installer.install('time-mcp@latest'), { ...code, message: /not package@exact\.version/ });
  await assert.rejects(installer.install('../../etc@1.0.0'), { ...code, message: /not package@exact\.version/ });
  await assert.rejects(installer.install('..@1.0.0'), { ...code, message: /not package@exact\.version/ });
  await assert.rejects(installer.install(TIME), { ...code, message: /registry cannot be reached/ });
  await assert.rejects(installer.install(TIME, AbortSignal.abort()), { ...code, message: /cancelled/ });
  assert.throws(() => findNpm(import.meta.filename, '/nowhere'), { ...code, message: /install npm/ });
});

/** Puts a server there as its installation on this machine left it, without running npm again. */
async function putThere(dataDir: string): Promise<string> {
  const { folder } = await installerIn(CACHE).install(GIT);
  const [from, to] = [join(CACHE, 'servers'), join(dataDir, 'servers')];
  await cp(folder, join(to, basename(folder)), { recursive: true, verbatimSymlinks: true });
  await cp(recordPath(from, GIT), recordPath(to, GIT));
  return join(to, basename(folder));
}

test('what nobody keeps is removed a week after it was last started, and no sooner', async (t) => {
  const dataDir = await dataFolder(t);
  let now = Date.now();
  const later: Clock = { ...clock, now: () => now };
  const installer = openInstaller({ dataDir, npm: findNpm(), log: quiet, clock: later });
  const there = await putThere(dataDir);
  cutNetwork(t);
  assert.equal((await installer.install(GIT)).folder, there);
  const day = 86_400_000;
  assert.deepEqual(await installer.uninstall(new Set()), []);
  now += 6 * day;
  await installer.install(GIT);
  now += 6 * day;
  assert.deepEqual(await installer.uninstall(new Set()), [], 'it was started six days ago');
  now += 2 * day;
  assert.deepEqual(await installer.uninstall(new Set([GIT])), []);
  assert.equal(await isInstalled(dataDir, GIT), true);
  assert.deepEqual(await installer.uninstall(new Set(['other@1.0.0'])), [GIT]);
  assert.equal(await isInstalled(dataDir, GIT), false);
  assert.equal(existsSync(there), false);
  assert.deepEqual(await installer.uninstall(new Set()), []);
});

test('a record that a power cut left half written is none', async (t) => {
  const dataDir = await dataFolder(t);
  await putThere(dataDir);
  await writeFile(recordPath(join(dataDir, 'servers'), GIT), '');
  assert.equal(await isInstalled(dataDir, GIT), false);
  assert.deepEqual(await installerIn(dataDir).uninstall(new Set()), []);
});
