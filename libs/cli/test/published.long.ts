import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { freePort } from '../../../test/support/ports.js';
import { until } from '../../../test/support/until.js';
import { run } from '../../../test/support/up.js';
import { temporaryFolder } from './folder.js';
import { ROOT } from './vsmcp.js';

const endings: (() => Promise<void>)[] = [];
test.after(async () => {
  for (const end of endings) await end();
});

let tarballs: string[] = [];
before(async () => {
  const folder = await temporaryFolder({ after: (fn) => void endings.push(fn) });
  await done(process.execPath, [join(ROOT, 'scripts/pack.mjs'), folder], ROOT);
  tarballs = (await readdir(folder)).map((name) => join(folder, name));
});

async function done(command: string, args: string[], cwd: string, env?: NodeJS.ProcessEnv): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, cwd, env);
  assert.equal(code, 0, `${command} ${args.join(' ')}:\n${stdout}\n${stderr}`);
  return stdout;
}

test('every package has its code, its types and the licence in its tarball, and no sources', async () => {
  assert.equal(tarballs.length, 13);
  for (const tarball of tarballs) {
    const files = (await done('tar', ['-tzf', tarball], ROOT)).split('\n');
    for (const needed of ['package/package.json', 'package/LICENSE']) assert.ok(files.includes(needed), tarball);
    assert.ok(
      files.some((file) => file.endsWith('.d.ts')),
      `${tarball} has types`,
    );
    assert.ok(!files.some((file) => /\/src\/|tsbuildinfo/.test(file)), `${tarball} has no sources`);
    const manifest = await done('tar', ['-xzOf', tarball, 'package/package.json'], ROOT);
    assert.doesNotMatch(manifest, /workspace:|"source"|"private"/);
  }
});

/** Runs a new fleet in a folder, drops a note, and reads its answer. */
async function walk(t: TestContext, command: string, first: readonly string[], cwd: string): Promise<void> {
  const port = String(await freePort());
  const env = {
    ...process.env,
    NODE_TEST_CONTEXT: undefined,
    VSMCP_MCP_PORT: port,
    VSMCP_METRICS_PORT: String(await freePort()),
    VSMCP_URL: `http://127.0.0.1:${port}`,
  };
  await done(command, [...first, 'init', '--yes'], cwd, env);
  const up = spawn(command, [...first, 'up'], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [up.stdout, up.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const ended = new Promise<void>((resolve) => up.once('close', () => resolve()));
  t.after(async () => {
    if (up.pid !== undefined && up.exitCode === null) process.kill(-up.pid, 'SIGKILL');
    await ended;
  });
  await until(() => /^ ready · 1 of 1 server/m.test(output) || (up.exitCode !== null && assert.fail(output)), {
    timeout: 180_000,
    what: 'the fleet is ready',
  }).catch((error: Error) => assert.fail(`${error.message}\n${output}`));
  await mkdir(join(cwd, 'desk/inbox'), { recursive: true });
  await writeFile(join(cwd, 'desk/inbox/milk.md'), 'Buy milk');
  const answer = await done(command, [...first, 'answer', 'desk/inbox/milk.md', '--wait'], cwd, env);
  assert.match(answer, /^answered by memory\.create_entities[\s\S]*Buy milk/);
  if (up.pid !== undefined) process.kill(-up.pid, 'SIGTERM');
  await ended;
  assert.match(output, /stopped\n$/);
}

test('in an empty folder: install, init, up, and a note is answered', async (t) => {
  const folder = await temporaryFolder(t);
  await done('npm', ['install', '--no-audit', '--no-fund', ...tarballs], folder);
  await walk(t, 'npx', ['vsmcp'], folder);
});

test('installed globally: init and up in a folder that has nothing', async (t) => {
  const prefix = await temporaryFolder(t);
  await done('npm', ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', ...tarballs], prefix);
  await walk(t, join(prefix, 'bin/vsmcp'), [], await temporaryFolder(t));
});
