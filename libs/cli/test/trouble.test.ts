import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { until } from '../../../test/support/until.js';
import { startUp, type Up } from '../../../test/support/up.js';
import { BEGINNING, beginningYaml } from '../src/init/template.js';

const MEMORY = '@modelcontextprotocol/server-memory@2026.8.31';
const FILES = '@modelcontextprotocol/server-filesystem@2026.8.31';

/** The file that `vsmcp init` writes, with servers in trouble beside it. */
const CONFIG = beginningYaml(BEGINNING).replace(
  'servers:',
  `servers:
  gone: { npm: "@modelcontextprotocol/server-memory@9999.0.0" }
  dies: { npm: "${FILES}", args: [/nowhere/at/all] }
  secret: { npm: "${MEMORY}", env: { TOKEN: { from: VSMCP_TEST_UNSET } } }
`,
);

let up: Up;
const endings: (() => Promise<void>)[] = [];
before(async () => {
  const options = { config: CONFIG, args: ['--no-demo'], installed: [MEMORY, FILES] };
  up = await startUp({ after: (fn) => void endings.push(fn) }, options);
});
test.after(async () => {
  for (const end of endings) await end();
});

/** Tests a server until what is said of it fits. */
function tested(server: string, pattern: RegExp): Promise<{ code: number | null; stdout: string }> {
  return until(
    async () => {
      const answer = await up.vsmcp('capabilities', 'test', server);
      return pattern.test(answer.stdout) && answer;
    },
    { timeout: 60_000, what: `capabilities test ${server} says ${pattern}` },
  );
}

test('what init writes runs: a note that is dropped is answered', async () => {
  const inbox = join(up.home, 'desk', 'inbox');
  await until(
    () =>
      writeFile(join(inbox, 'milk.md'), 'Buy milk').then(
        () => true,
        () => false,
      ),
    {
      timeout: 20_000,
      what: 'the inbox is there',
    },
  );
  const { code, stdout, stderr } = await up.vsmcp('answer', 'desk/inbox/milk.md', '--wait');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^answered by memory\.\w+ in \d+ ms\n[\s\S]*Buy milk/);
  // beside it, for who has no command at hand
  const written = join(up.home, 'desk', 'outbox', 'milk.md.answer.md');
  const isWritten = () =>
    readFile(written, 'utf8').then(
      (text) => /Buy milk/.test(text),
      () => false,
    );
  await until(isWritten, { timeout: 20_000, what: 'the answer lies in the outbox' });
  const listed = await up.vsmcp('outcomes', '--type', 'file.md');
  assert.match(listed.stdout, /file\.md +inbox\/milk\.md:\S+ +answered +memory\.\w+ +.*Buy milk/);
});

test('an answer that is not there: how to wait for it, and a wait that ends', async () => {
  const now = await up.vsmcp('answer', 'never-dropped');
  assert.equal(now.code, 1);
  assert.match(now.stderr, /nothing is known of never-dropped yet; vsmcp answer never-dropped --wait waits for it/);
  const later = await up.vsmcp('answer', 'never-dropped', '--wait', '0.5');
  assert.equal(later.code, 1);
});

test('two moments are told: it listens, and its servers answer, with those that do not named', async () => {
  await until(() => /^ ready · 1 of 4 servers of the configuration answer/m.test(up.output()) || false, {
    timeout: 150_000,
    what: 'it is ready',
  }).catch((error: Error) => assert.fail(`${error.message}\n${up.output()}`));
  assert.match(up.output(), /^ listens · dashboard[\s\S]*^ secret does not answer: .*VSMCP_TEST_UNSET/m);
});

test('a server that runs: how fast, which protocol, which tools', async () => {
  const { code, stdout } = await tested('memory', /^✓ memory\n {2}answered in +\d+\.\d ms\n/);
  assert.equal(code, 0);
  assert.match(stdout, /^ {2}MCP +20\d\d-\d\d-\d\d$/m);
  assert.match(stdout, /^ {2}tools +\d+: .*create_entities/m);
  const json = JSON.parse((await up.vsmcp('capabilities', 'test', 'memory', '--json')).stdout) as Record<
    string,
    unknown
  >;
  assert.equal(json.ok, true);
  assert.equal(typeof json.latency, 'number');
  assert.deepEqual(Object.keys(await up.get<object>('/capabilities/memory/test')), Object.keys(json));
});

test('servers in trouble: the reason, the last words and the mend', async () => {
  const dies = await tested('dies', /its last words: .*\/nowhere\/at\/all/s);
  assert.match(dies.stdout, /^✗ dies\n {2}why +.*\n?[\s\S]*mend +its last words say why: correct args.*servers\.dies/);
  assert.equal(dies.code, 1);
  const gone = await tested('gone', /no such version in the registry|registry cannot be reached/);
  assert.match(gone.stdout, /mend +correct servers\.gone\.npm/);
  const secret = await tested('secret', /wants VSMCP_TEST_UNSET of the environment, which is not set/);
  assert.match(secret.stdout, /mend +set the variable where System 1 runs/);
  const unknown = await up.vsmcp('capabilities', 'test', 'nobody');
  assert.match(unknown.stderr, /there is no server nobody: there are dies, gone, memory, secret/);
  assert.equal(unknown.code, 1);
});

test('doctor beside a running fleet: its ports, its database, and what it lacks', async () => {
  const { code, stdout } = await up.vsmcp('doctor');
  assert.match(stdout, /✓ ports +gateway port \d+ is in use by the fleet front-desk/);
  assert.match(stdout, /✓ ports +metrics port \d+ is in use by a fleet/);
  assert.match(stdout, /✓ database +embedded, in use by process \d+: the running fleet/);
  assert.match(stdout, /✗ config +server secret wants VSMCP_TEST_UNSET, which is not set\n +→ set VSMCP_TEST_UNSET/);
  assert.match(stdout, /^(✓|✗) fleet/m);
  assert.equal(code, 1);
});

test('held show tells every event of an id', async () => {
  for (const source of ['/a', '/b']) {
    const body = JSON.stringify({ specversion: '1.0', id: 'twin', source, type: 'file.strange', data: {} });
    const headers = { 'content-type': 'application/cloudevents+json' };
    assert.equal((await fetch(`${up.url}/events`, { method: 'POST', headers, body })).status, 202);
  }
  await until(async () => /^source: \/a[\s\S]*^source: \/b/m.test((await up.vsmcp('held', 'show', 'twin')).stdout), {
    timeout: 30_000,
    what: 'both are held',
  });
});
