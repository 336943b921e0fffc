import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { putEmbedded } from '../../../../test/support/embedded.js';
import { freePort } from '../../../../test/support/ports.js';
import { brokerUrl } from '../../../../test/support/rabbitmq.js';
import { until } from '../../../../test/support/until.js';
import { childrenOf } from '../../../../test/support/up.js';
import { temporaryFolder } from '../folder.js';
import { COMMAND } from '../vsmcp.js';

/** `settings.drain` of these fleets, and the time beyond it that `up` has; ms. The rest is for a loaded machine. */
const DRAIN = 2000;
const GRACE = 5000;
const LOADED = 8000;

interface Running {
  child: ChildProcess;
  output(): string;
  said(what: RegExp): Promise<unknown>;
  /** SIGTERM; resolves with the exit code and how long (ms) it took to end. */
  stopped(): Promise<{ code: number | null; took: number }>;
}

/** `vsmcp up`, of which it is not asked that it gets ready. */
async function begin(
  t: TestContext,
  { config = '', args = [], env = {} }: { config?: string; args?: string[]; env?: NodeJS.ProcessEnv },
): Promise<Running> {
  const home = await temporaryFolder(t);
  await writeFile(join(home, 'vsmcp.yaml'), `name: stopping\nsettings: { drain: ${DRAIN}ms }\n${config}`);
  await putEmbedded(join(home, '.vsmcp/database'));
  const child = spawn(process.execPath, [...COMMAND, 'up', ...args], {
    cwd: home,
    env: {
      ...process.env,
      NODE_TEST_CONTEXT: undefined,
      VSMCP_AMQP_URL: undefined,
      VSMCP_MCP_PORT: String(await freePort()),
      VSMCP_METRICS_PORT: String(await freePort()),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    child,
    output: () => output,
    said: (what) =>
      until(() => what.test(output) || child.exitCode !== null, { timeout: 60_000, what: `it says ${what}` }),
    async stopped() {
      const since = Date.now();
      child.kill('SIGTERM');
      const late = new Promise<'late'>((resolve) => {
        setTimeout(() => resolve('late'), DRAIN + GRACE + LOADED).unref();
      });
      const code = await Promise.race([ended, late]);
      assert.notEqual(code, 'late', `it has not ended:\n${output}`);
      return { code: code === 'late' ? null : code, took: Date.now() - since };
    },
  };
}

/** Something that listens on a port and never says a word. */
async function silent(t: TestContext): Promise<number> {
  const server: Server = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => void server.close());
  server.unref();
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

for (const args of [[], ['--processes']]) {
  const how = args.length > 0 ? 'in processes' : 'in one process';
  test(`${how}, with the broker away: it says so with the mend, and ends when it is told to`, async (t) => {
    const up = await begin(t, { args: ['--broker', `amqp://guest:guest@127.0.0.1:${await freePort()}`, ...args] });
    await up.said(/waiting for the broker: .*ECONNREFUSED.*\n +→ start the broker/);
    assert.equal((await up.stopped()).code, 0);
    assert.match(up.output(), /stopping …\n[\s\S]*stopped\n$/);
  });
}

test('with a broker that refuses the login: it says so with the mend, and ends when it is told to', async (t) => {
  const url = new URL(await brokerUrl());
  url.username = 'nobody';
  const up = await begin(t, { args: ['--broker', url.href] });
  await up.said(/waiting for the broker: .*\n +→ wrong user or password/);
  assert.equal((await up.stopped()).code, 0);
});

test('with something on the port of the broker that never answers, it ends when it is told to', async (t) => {
  const up = await begin(t, { args: ['--broker', `amqp://guest:guest@127.0.0.1:${await silent(t)}`] });
  await up.said(/waiting for the broker: .*\n +→ /);
  assert.equal((await up.stopped()).code, 0);
});

test('with the database away: it says so with the mend, and ends when it is told to', async (t) => {
  const up = await begin(t, { env: { VSMCP_DATABASE_URL: `postgres://vsmcp@127.0.0.1:${await freePort()}/vsmcp` } });
  await up.said(/waiting for the database: .*ECONNREFUSED.*\n +→ start PostgreSQL, or correct VSMCP_DATABASE_URL/);
  assert.equal((await up.stopped()).code, 0);
});

test('with a database that never answers, it ends when it is told to', async (t) => {
  const up = await begin(t, { env: { VSMCP_DATABASE_URL: `postgres://vsmcp@127.0.0.1:${await silent(t)}/vsmcp` } });
  await up.said(/opening the database/);
  assert.equal((await up.stopped()).code, 0);
});

test('in the middle of its start, it ends when it is told to', async (t) => {
  for (const moment of [/opening the database/, /starting ·/]) {
    const up = await begin(t, {});
    await up.said(moment);
    assert.equal((await up.stopped()).code, 0, up.output());
    assert.match(up.output(), /stopped\n$/);
  }
});

test('in the middle of an installation, it ends when it is told to, and npm with it', async (t) => {
  const up = await begin(t, {
    config: 'servers: { slow: { npm: "vsmcp-test-never-there@1.0.0" } }\n',
    env: { npm_config_registry: `http://127.0.0.1:${await silent(t)}/` },
  });
  await up.said(/starting ·/);
  const npm = await until(async () => (await childrenOf(up.child.pid ?? 0, 'install')).at(0), {
    timeout: 60_000,
    what: 'npm installs',
  });
  assert.equal((await up.stopped()).code, 0, up.output());
  await until(() => !alive(npm), { what: 'npm has ended' });
});

test('half stopped, with a process that hangs, it ends within its time and says which it was', async (t) => {
  const path = `stopping${process.pid}`;
  const up = await begin(t, {
    config: `path: ${path}\n`,
    args: ['--broker', await brokerUrl(), '--processes'],
  });
  await up.said(/listens ·/);
  // never 0, which would stop the test itself
  const hangs = await until(async () => (await childrenOf(up.child.pid ?? 0, join('services', 'system3-control')))[0], {
    timeout: 60_000,
    what: 'System 3 runs in a process of its own',
  });
  process.kill(hangs, 'SIGSTOP');
  const { took } = await up.stopped();
  assert.ok(took < DRAIN + GRACE + LOADED, `${took} ms`);
  assert.match(up.output(), /system3-control did not stop cleanly: not done within .* s and ended/);
  await until(() => !alive(hangs), { what: 'the process that hung has ended' });
});

test('a taken port is said before anything starts, with who has it and the mend', async (t) => {
  const port = await silent(t);
  const up = await begin(t, { env: { VSMCP_MCP_PORT: String(port) } });
  await until(() => up.child.exitCode !== null, { timeout: 30_000, what: 'it ends' });
  assert.equal(up.child.exitCode, 1);
  const said = `gateway port ${port} is taken by process ${process.pid} `;
  assert.ok(up.output().includes(said), up.output());
  assert.match(up.output(), /→ stop process \d+ \(.*\), or set VSMCP_MCP_PORT=\d+\n$/);
  assert.doesNotMatch(up.output(), /opening the database|starting/);
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no such process
  }
}
