import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { embeddedTemplate } from '../../../../test/support/embedded.js';
import { until } from '../../../../test/support/until.js';
import { type ServedDatabase, serveEmbedded } from '../../src/index.js';

const service = fileURLToPath(new URL('../support/service.ts', import.meta.url));
/** Nothing listens there. */
const NO_BROKER = 'amqp://127.0.0.1:1';

describe('a service as a process of its own', () => {
  let home: string;
  let served: ServedDatabase;
  const running = new Set<ChildProcess>();
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'vsmcp-run-'));
    served = await serveEmbedded('memory', { template: await embeddedTemplate() });
  });
  after(async () => {
    for (const child of running) child.kill('SIGKILL');
    await served.close();
    await rm(home, { recursive: true, force: true });
  });

  function start(env: Record<string, string>) {
    const args = ['--import', import.meta.resolve('tsx'), '-C', 'source', service];
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, args, { cwd: home, env: { PATH, VSMCP_METRICS_PORT: '0', ...env } });
    running.add(child);
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk;
    });
    const ended = new Promise<number | null>((resolve) => {
      child.once('exit', (code) => {
        running.delete(child);
        resolve(code);
      });
    });
    return { child, ended, log: () => log };
  }

  test('refuses to start alone without a broker or a database, and says the mend', async () => {
    const lone = start({});
    const stateless = start({ VSMCP_AMQP_URL: NO_BROKER });
    const wrong = start({ VSMCP_VARIETY_THRESHOLD: '7', VSMCP_AMQP_URL: NO_BROKER, VSMCP_DATABASE_URL: served.url });
    assert.deepEqual(await Promise.all([lone.ended, stateless.ended, wrong.ended]), [1, 1, 1]);
    assert.match(lone.log(), /set VSMCP_AMQP_URL .*vsmcp up/);
    assert.match(stateless.log(), /set VSMCP_DATABASE_URL/);
    assert.match(wrong.log(), /VSMCP_VARIETY_THRESHOLD: got 7, expected at most 1/);
  });

  test('without its broker it runs, is not ready, and stops cleanly', async () => {
    const lone = start({ VSMCP_AMQP_URL: NO_BROKER, VSMCP_DATABASE_URL: served.url, VSMCP_NODE_NAME: 'n1' });
    const url = await until(() => /"health":"(http[^"]+)"/.exec(lone.log())?.[1], {
      timeout: 30_000,
      what: 'the service',
    });
    assert.deepEqual(await (await fetch(`${url}/health`)).json(), { status: 'ok' });
    const ready = await fetch(`${url}/ready`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /"s3":\{"ready":false,"trouble":\{"broker":/);
    assert.match(await (await fetch(`${url}/metrics`)).text(), /process_cpu_seconds_total/);
    lone.child.kill('SIGTERM');
    assert.equal(await lone.ended, 0, lone.log());
    assert.match(lone.log(), /finished what was in flight/);
  });

  test('waits for its database, and can be stopped meanwhile', async () => {
    const nowhere = 'postgres://127.0.0.1:1/vsmcp';
    const lone = start({ VSMCP_AMQP_URL: NO_BROKER, VSMCP_DATABASE_URL: nowhere });
    await until(() => lone.log().includes('waits for the database'), { timeout: 30_000, what: 'the wait' });
    lone.child.kill('SIGTERM');
    assert.equal(await lone.ended, 0, lone.log());
  });
});
