import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { isFirstTime } from '../src/up/demo.js';
import { temporaryFolder } from './folder.js';
import { vsmcp } from './vsmcp.js';

/** No `npx` above it, wherever the tests were started. */
const PLAIN = { npm_command: undefined };

test('a token and its hash are made together, and vsmcp.yaml takes them as they are printed', async (t) => {
  const folder = await temporaryFolder(t);
  const { out, code } = await vsmcp(['token', 'make', 'planner', '--may', 'find_tool', 'call_tool'], PLAIN, folder);
  assert.equal(code, 0);
  const secret = /VSMCP_TOKEN=(\S+)/.exec(out)?.[1] ?? '';
  const lines = out.slice(out.indexOf('gateway:'));
  const { gateway } = parse(lines) as { gateway: { agents: { planner: { token: string; may: string[] } } } };
  assert.equal(gateway.agents.planner.token, createHash('sha256').update(secret).digest('hex'));
  assert.deepEqual(gateway.agents.planner.may, ['find_tool', 'call_tool']);
  await writeFile(join(folder, 'vsmcp.yaml'), lines);
  assert.equal((await vsmcp(['validate'], PLAIN, folder)).code, 0);
  const again = await vsmcp(['token', 'make', 'planner'], PLAIN, folder);
  assert.ok(!again.out.includes(secret), 'each is another');
});

test('a hash as sha256sum prints it is taken', async (t) => {
  const folder = await temporaryFolder(t);
  const hash = createHash('sha256').update('secret').digest('hex');
  await writeFile(join(folder, 'vsmcp.yaml'), `gateway: { agents: { planner: { token: "${hash}  -" } } }\n`);
  const { out, code } = await vsmcp(['validate'], PLAIN, folder);
  assert.equal(code, 0, out);
});

test('an empty folder: each command says what to do', async (t) => {
  const folder = await temporaryFolder(t);
  assert.match((await vsmcp(['up'], PLAIN, folder)).err, /there is no vsmcp\.yaml in .*: `vsmcp init` writes one/);
  assert.match((await vsmcp(['validate'], PLAIN, folder)).err, /`vsmcp init` writes one/);
  assert.match((await vsmcp(['logs'], PLAIN, folder)).err, /start a fleet here with vsmcp up, or set VSMCP_DATA_DIR/);
  const npx = await vsmcp(['up'], { npm_command: 'exec' }, folder);
  assert.match(npx.err, /`npx vsmcp init` writes one/, 'under npx it is typed with npx');
});

test('init writes what editors check the file with, says the command that works here, and leaves what is there', async (t) => {
  const folder = await temporaryFolder(t);
  const { out } = await vsmcp(['init', '--yes'], PLAIN, folder);
  assert.match(out, /^wrote vsmcp\.yaml\nNow: `vsmcp up`, then drop/);
  assert.match(
    await readFile(join(folder, 'vsmcp.yaml'), 'utf8'),
    /^# yaml-language-server: \$schema=\.\/vsmcp\.schema\.json\n/,
  );
  assert.equal(JSON.parse(await readFile(join(folder, 'vsmcp.schema.json'), 'utf8')).title, 'vsmcp.yaml');
  const again = await vsmcp(['init', '--yes'], PLAIN, folder);
  assert.match(again.err, /is there already, and stays as it is: `vsmcp up` runs it, --force overwrites it/);
  const other = await vsmcp(['init', 'shop/fleet.yaml', '--yes'], PLAIN, folder);
  assert.match(other.out, /Now: `vsmcp up shop\/fleet\.yaml`/);
});

test('a folder in place of the file is the configuration in it', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'shop'));
  await writeFile(join(folder, 'shop/vsmcp.yaml'), 'name: shop\n');
  assert.match((await vsmcp(['validate', 'shop'], PLAIN, folder)).out, /is right: shop/);
  assert.match((await vsmcp(['validate'], { ...PLAIN, VSMCP_CONFIG: 'shop' }, folder)).out, /is right: shop/);
});

test('what is mistyped gets a hint: commands, data without a name, variables, folders that are too much', async (t) => {
  const folder = await temporaryFolder(t);
  assert.match((await vsmcp(['stauts'], PLAIN, folder)).err, /Did you mean status\?/);
  const data = await vsmcp(['events', 'publish', 'order.placed', '{"order":42}'], PLAIN, folder);
  assert.match(data.err, /did you mean --data '\{"order":42\}'\?/);
  assert.equal(data.code, 64);
  await writeFile(
    join(folder, 'vsmcp.yaml'),
    'servers: { files: { npm: "@modelcontextprotocol/server-filesystem@2026.8.31", writes: . } }\n',
  );
  const validated = await vsmcp(['validate'], PLAIN, folder);
  assert.match(
    validated.out,
    /vsmcp\.yaml:1 servers\.files\.writes: got '\.', expected a folder below that of vsmcp\.yaml/,
  );
  const doctor = await vsmcp(['doctor'], { ...PLAIN, VSMCP_VARIETY_TRESHOLD: '0.9' }, folder);
  assert.match(doctor.out, /VSMCP_VARIETY_TRESHOLD is not a variable of VSMCP; did you mean VSMCP_VARIETY_THRESHOLD\?/);
  assert.doesNotMatch(doctor.out, /✓ .*does not hold/);
});

test('the demo is played once, and again when it is asked for', async (t) => {
  const marker = join(await temporaryFolder(t), 'demo-played');
  assert.equal(await isFirstTime(marker, false), true);
  assert.equal(await isFirstTime(marker, false), false);
  assert.equal(await isFirstTime(marker, true), true);
});

test('logs shows the end of each, or of one', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, '.vsmcp/logs'), { recursive: true });
  await writeFile(join(folder, '.vsmcp/logs/gateway.log'), 'first\nsecond\nthird\n');
  await writeFile(join(folder, '.vsmcp/logs/system3-control.log'), 'controls\n');
  assert.equal((await vsmcp(['logs', 'gateway', '--lines', '2'], PLAIN, folder)).out, 'second\nthird\n');
  assert.match(
    (await vsmcp(['logs'], PLAIN, folder)).out,
    /==> gateway\.log <==\nfirst[\s\S]*==> system3-control\.log <==\ncontrols/,
  );
});
