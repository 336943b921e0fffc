import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Clock } from '@vsmcp/vsm';
import { CACHE } from '../../../../test/support/cache.js';
import { servePackages } from '../../../../test/support/packages.js';
import { isInstalled, openInstaller } from '../../src/install/installer.js';
import { findNpm } from '../../src/install/npm-cli.js';
import { recordPath } from '../../src/install/records.js';
import { clock, keptLog, quiet, temporary } from '../support.js';

const TIME = 'time-mcp@1.0.6';
/** One without dependencies, which is installed in a tenth of the time. */
const SMALL = '@fixture/unruly@1.0.0';

const installerIn = (dataDir: string, log = keptLog()) => openInstaller({ dataDir, npm: findNpm(), log, clock });

async function serveSmall(t: TestContext): Promise<void> {
  const { env } = await servePackages(t, 'unruly');
  Object.assign(process.env, env);
  t.after(() => {
    for (const name of Object.keys(env)) delete process.env[name];
  });
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
  await serveSmall(t);
  const dataDir = await temporary(t);
  const script = join(import.meta.dirname, '../fixtures/install.ts');
  const run = () =>
    new Promise<string>((resolve, reject) => {
      const child = spawn(process.execPath, ['--import', 'tsx', '-C', 'source', script, dataDir, SMALL], {
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
  const { bin, folder } = await installer.install(SMALL);
  assert.equal(log.lines.length, 0);
  await appendFile(bin, '// tampered with');
  const [mended, shared] = await Promise.all([installer.install(SMALL), installer.install(SMALL)]);
  assert.equal(mended, shared);
  assert.equal(mended.folder, folder);
  assert.ok(log.lines.some((line) => line.message.includes('not as it was installed')));
  assert.doesNotMatch(await readFile(bin, 'utf8'), /tampered with/);
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

test('what nobody keeps is removed a week after it was last started, and no sooner', async (t) => {
  await serveSmall(t);
  const dataDir = await temporary(t);
  let now = Date.now();
  const later: Clock = { ...clock, now: () => now };
  const installer = openInstaller({ dataDir, npm: findNpm(), log: quiet, clock: later });
  const { folder } = await installer.install(SMALL);
  const day = 86_400_000;
  assert.deepEqual(await installer.uninstall(new Set()), []);
  now += 6 * day;
  await installer.install(SMALL);
  now += 6 * day;
  assert.deepEqual(await installer.uninstall(new Set()), [], 'it was started six days ago');
  now += 2 * day;
  assert.deepEqual(await installer.uninstall(new Set([SMALL])), []);
  assert.equal(await isInstalled(dataDir, SMALL), true);
  assert.deepEqual(await installer.uninstall(new Set(['other@1.0.0'])), [SMALL]);
  assert.equal(await isInstalled(dataDir, SMALL), false);
  assert.equal(existsSync(folder), false);
  assert.deepEqual(await installer.uninstall(new Set()), []);
  assert.equal((await installer.install(SMALL)).folder, folder);
});

test('a record that a power cut left half written is none', async (t) => {
  await serveSmall(t);
  const dataDir = await temporary(t);
  const installer = installerIn(dataDir);
  const { folder } = await installer.install(SMALL);
  await writeFile(recordPath(join(dataDir, 'servers'), SMALL), '');
  assert.equal(await isInstalled(dataDir, SMALL), false);
  assert.deepEqual(await installer.uninstall(new Set()), []);
  assert.equal((await installer.install(SMALL)).folder, folder);
});
