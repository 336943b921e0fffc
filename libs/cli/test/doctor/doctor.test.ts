import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findNpm, openNpm } from '@vsmcp/mcp';
import { openEmbedded, openState, realClock } from '@vsmcp/service';
import { z } from 'zod';
import { embeddedTemplate } from '../../../../test/support/embedded.js';
import { freePort } from '../../../../test/support/ports.js';
import { openTestPostgres } from '../../../../test/support/postgres.js';
import { lookAtClock } from '../../src/doctor/clock.js';
import { lookAtConfig } from '../../src/doctor/config.js';
import { lookAtConfinement } from '../../src/doctor/confinement.js';
import { lookAtEmbedded, lookAtPostgres } from '../../src/doctor/database.js';
import type { Finding } from '../../src/doctor/finding.js';
import { lookAtRunning } from '../../src/doctor/fleet.js';
import { lookAtFolders } from '../../src/doctor/folders.js';
import { lookAtNpm } from '../../src/doctor/npm.js';
import { lookAtPorts } from '../../src/doctor/ports.js';
import { lookAtRegistries } from '../../src/doctor/registries.js';
import { type Situation, situationOf } from '../../src/doctor/situation.js';
import { temporaryFolder } from '../folder.js';
import { vsmcp } from '../vsmcp.js';

const QUIET = 'name: quiet\nregistries: []\n';

/** A fleet's folder with this configuration, as doctor sees it. */
async function fleet(
  t: TestContext,
  config: string | undefined = QUIET,
  env: Record<string, string> = {},
): Promise<Situation & { folder: string }> {
  const folder = await temporaryFolder(t);
  if (config !== '') await writeFile(join(folder, 'vsmcp.yaml'), config);
  const ports = { VSMCP_MCP_PORT: String(await freePort()), VSMCP_METRICS_PORT: String(await freePort()) };
  return { folder, ...(await situationOf({ ...ports, ...env }, folder, undefined)) };
}

const said = (findings: readonly Finding[]) => findings.map(({ state, what }) => `${state}: ${what}`).join('\n');
const mends = (findings: readonly Finding[]) => findings.flatMap(({ mend }) => mend ?? []).join('\n');

const Report = z.object({
  exitCode: z.number(),
  findings: z.array(z.object({ check: z.string(), state: z.string(), what: z.string(), mend: z.string().optional() })),
});

test('the command tells what it finds, with a mend for each trouble, and leaves no trace', async (t) => {
  const { folder } = await fleet(t);
  const env = { VSMCP_AMQP_URL: '', VSMCP_URL: '', VSMCP_MCP_PORT: String(await freePort()) };
  const { code, out, err } = await vsmcp(['doctor', '--json'], env, folder);
  assert.equal(err, '');
  const { exitCode, findings } = Report.parse(JSON.parse(out));
  assert.equal(exitCode, code);
  assert.ok(code === 0 || code === 3, out); // 3 on a machine without a network, or with a low rung
  for (const { state, mend, what } of findings)
    assert.equal(mend !== undefined, state !== 'ok' && state !== 'none', what);
  const of = (check: string) => findings.filter((each) => each.check === check).map(({ state }) => state);
  assert.deepEqual(of('config'), ['ok']);
  assert.deepEqual(of('broker'), ['none']);
  assert.deepEqual(of('fleet'), ['none']);
  const open = findings.filter(({ check, what }) => check === 'confinement' && what.includes('does not hold: '));
  assert.equal(of('confinement').length, open.length + 1);
  assert.ok(open.some(({ what }) => what.endsWith('does not hold: flaws of the kernel itself')));
  assert.deepEqual(await readdir(folder), ['vsmcp.yaml']);
});

test('for people: marks, mends and a sum', async (t) => {
  const env = { VSMCP_AMQP_URL: '', VSMCP_URL: '', VSMCP_MCP_PORT: String(await freePort()) };
  const { out, code } = await vsmcp(['doctor'], env, await temporaryFolder(t));
  assert.match(out, /^✓ node {9}Node\.js \d+/m);
  assert.match(out, /^✗ config {7}there is no vsmcp\.yaml\n {15}→ vsmcp init/m);
  assert.match(out, /^– broker {7}none: messages travel in memory/m);
  assert.match(out, /\n\d broken.*\n$/);
  assert.equal(code, 1);
});

test('wrong yaml names its line and the command that shows all of it; a wrong variable its value', async (t) => {
  const wrong = await lookAtConfig(await fleet(t, 'nmae: x\nunits:\n  a: { absrobs: x.# }\n'));
  assert.match(said(wrong), /vsmcp\.yaml:1 nmae: got an unknown key.*did you mean 'name'\?, and 1 problem more$/);
  assert.match(mends(wrong), /vsmcp validate .*vsmcp\.yaml/);
  const env = await lookAtConfig(await fleet(t, QUIET, { VSMCP_LOG_LEVEL: 'loud' }));
  assert.match(said(env), /^broken: VSMCP_LOG_LEVEL: got 'loud'/);
});

test('a port that something else has: which process, and which port is free', async (t) => {
  const server = createServer(() => {}); // takes whoever comes, and says nothing
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const situation = await fleet(t, QUIET, { VSMCP_MCP_PORT: String(port) });
  const ports = await lookAtPorts(situation);
  assert.match(said(ports), new RegExp(`^broken: gateway port ${port} is taken by process ${process.pid} \\(`));
  assert.match(mends(ports), new RegExp(`stop process ${process.pid} .*, or set VSMCP_MCP_PORT=\\d+`));
  assert.match(said(ports), /ok: metrics port \d+ is free$/);
  assert.match(said(await lookAtRunning(situation)), /^broken: .*does not answer within 3 s/);
});

test('folders that are files or cannot be made, and a sense without a repository', async (t) => {
  const situation = await fleet(
    t,
    `
environment:
  senses: [ { folder: inbox }, { git: . } ]
  answers: [ { folder: note.txt/outbox } ]
servers: { time: { npm: time-mcp@1.0.6, writes: desk } }
`,
  );
  await writeFile(join(situation.folder, 'note.txt'), '');
  await writeFile(join(situation.folder, 'inbox'), '');
  const found = said(await lookAtFolders(situation)).split('\n');
  assert.equal(found[0], 'broken: inbox (a sense): it is a file, not a folder');
  assert.match(
    found[1] ?? '',
    /^broken: note\.txt\/outbox \(answers\): it is not there, and cannot be made: .*note\.txt: it is a file/,
  );
  assert.equal(
    found[2],
    'warning: . (a sense) has no commit to look at: not a git repository, nor is any folder above',
  );
  assert.equal(found.length, 3);
});

test('a database folder: in use by another process, with tables, and another fleet’s', async (t) => {
  const situation = await fleet(t);
  const data = join(situation.folder, '.vsmcp');
  assert.match(said(await lookAtEmbedded(situation)), /^ok: embedded; none yet/);
  const database = await openEmbedded({ folder: join(data, 'database') }, { template: await embeddedTemplate() });
  await openState(database, 'vsm', realClock);
  const locked = await lookAtEmbedded(situation);
  assert.match(said(locked), new RegExp(`^broken: .* is open in process ${process.pid}, but no fleet answers`));
  assert.match(mends(locked), /kill \d+.*VSMCP_DATA_DIR.*\.database\.lock/);
  await database.close();
  assert.match(said(await lookAtEmbedded(situation)), /^ok: embedded PostgreSQL [\d.]+, tables at step \d+/);
  const other = await fleet(t, `${QUIET}path: west\n`, { VSMCP_DATA_DIR: data });
  assert.match(said(await lookAtEmbedded(other)), /^broken: .*belongs to the fleet with path 'vsm', not 'west'/);
});

test('a PostgreSQL that is away, one that is there, with its clock, and one that has no such database', async (t) => {
  const nobody = `postgres://nobody@127.0.0.1:${await freePort()}/x`;
  const away = await lookAtPostgres(await fleet(t, QUIET, { VSMCP_DATABASE_URL: nobody }));
  assert.match(said(away), /^broken: .*ECONNREFUSED/);
  assert.match(mends(away), /start PostgreSQL/);
  const postgres = await openTestPostgres();
  if (postgres === undefined) return t.skip('no PostgreSQL');
  t.after(() => postgres.stop());
  const there = await fleet(t, QUIET, { VSMCP_DATABASE_URL: postgres.url });
  assert.match(said(await lookAtPostgres(there)), /^ok: PostgreSQL \d+.*, empty: the next start/);
  assert.match(said(await lookAtClock(there)), /^ok: agrees with the database's/);
  const missing = new URL(postgres.url);
  missing.pathname = '/nothing_here';
  const wrong = await lookAtPostgres(await fleet(t, QUIET, { VSMCP_DATABASE_URL: missing.href }));
  assert.match(mends(wrong), /createdb/);
});

test('npm that is not there, and its registry away with a server that is not installed', async (t) => {
  const situation = await fleet(t, `${QUIET}servers: { time: { npm: time-mcp@1.0.6 } }\n`);
  const bin = join(situation.folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'node'), '');
  const none = await lookAtNpm(situation, () => openNpm({ cli: findNpm(join(bin, 'node'), '') }));
  assert.match(said(none), /^broken: npm is not beside/);
  assert.match(mends(none), /install npm/);
  const env = { ...process.env, npm_config_registry: `http://127.0.0.1:${await freePort()}/` };
  const away = await lookAtNpm(situation, () => openNpm({ env }));
  assert.match(said(away), /^broken: npm [\d.]+, the npm registry: .*not installed yet: time/);
  assert.match(mends(away), /npm_config_registry/);
});

test('registries: each one alone, with how many servers', async (t) => {
  const situation = await fleet(
    t,
    `registries: [shipped, mine.json, gone.json, "http://127.0.0.1:${await freePort()}"]\n`,
  );
  await writeFile(join(situation.folder, 'mine.json'), '{"servers": [{"server": {"name": 7}}]}');
  const found = said(await lookAtRegistries(situation, new AbortController().signal)).split('\n');
  assert.match(found[0] ?? '', /^ok: shipped: \d+ servers/);
  assert.match(found[1] ?? '', /^warning: mine\.json: 0 servers.*1 entry malformed/);
  assert.match(found[2] ?? '', /^warning: gone\.json: .*cannot be read/);
  assert.match(found[3] ?? '', /^warning: http:\/\/127\.0\.0\.1:\d+: .*cannot be read/);
});

test('confinement is found by trying, and what it does not hold is named', async (t) => {
  const found = said(await lookAtConfinement(await fleet(t)));
  assert.match(found, /servers are confined by (bubblewrap|namespace|permission|none)/);
  assert.match(found, /does not hold: .*the disk/);
});
