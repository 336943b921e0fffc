import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openOutside } from '../support/outside.js';
import { brokerUrl, hasBroker } from '../support/rabbitmq.js';
import { until } from '../support/until.js';
import { descendantsOf, startUp } from '../support/up.js';

const PATH = `moves-${process.pid}`;
const FILES = '@modelcontextprotocol/server-filesystem@2026.8.31';
const CONFIG = `
name: moves
path: ${PATH}
servers:
  files: { npm: "${FILES}", args: [desk], writes: desk }
units:
  moving:
    responses:
      order.move:
        call: files.move_file
        with: { source: ="in/" + data.name, destination: ="out/" + data.name }
        deadline: 10s
settings: { drain: 3s }
`;

describe('SIGKILL in the middle of move_file', async () => {
  const skip = !(await hasBroker()) && 'no RabbitMQ on this machine';
  it('never moves twice: it is in doubt, hurts, and is settled by who has looked', {
    skip,
    timeout: 280_000,
  }, async (t) => {
    const url = await brokerUrl();
    const files = { 'desk/in/a.txt': 'first', 'desk/out/.keep': '' };
    const up = await startUp(t, { config: CONFIG, broker: url, files, installed: [FILES] });
    const outside = await openOutside(t, url, PATH);
    const [s1 = 0] = await up.pids('system1-operations');
    await until(async () => /files .*ready/.test((await up.vsmcp('capabilities', 'list')).stdout), {
      timeout: 60_000,
      what: 'the server is ready',
    });
    const server = await descendantsOf(s1, 'server-filesystem');
    assert.ok(server.length > 0);
    const signal = (pids: readonly number[], name: NodeJS.Signals) => {
      for (const pid of pids) process.kill(pid, name);
    };
    const [source, destination] = [join(up.home, 'desk/in/a.txt'), join(up.home, 'desk/out/a.txt')];

    // The server is held until the call is on its way, and System 1 while the file moves: so it is killed after the
    // deed and before it knows.
    signal(server, 'SIGSTOP');
    await outside.publish('order.move', 'move', { name: 'a.txt' });
    await until(async () => (await up.get<Shown>('/units/moving')).units[0]?.running === 1, {
      what: 'it is being called',
    });
    await until(
      async () => {
        signal([s1], 'SIGSTOP');
        signal(server, 'SIGCONT');
        const moved = await until(() => existsSync(destination), { timeout: 500 }).catch(() => false);
        if (!moved) {
          signal(server, 'SIGSTOP');
          signal([s1], 'SIGCONT');
          // not sent yet: on a busy machine the intent takes its time
          await new Promise((resolve) => setTimeout(resolve, 250));
        }
        return moved;
      },
      { timeout: 30_000, what: 'the file is moved' },
    );
    signal([s1], 'SIGKILL');
    await writeFile(source, 'second');

    const doubt = await until(() => outside.outcomes.get('move')?.at(-1), { timeout: 150_000, what: 'an outcome' });
    assert.equal(doubt.outcome, 'doubt', JSON.stringify(doubt));
    const untouched = async () => {
      assert.equal(await readFile(source, 'utf8'), 'second');
      assert.equal(await readFile(destination, 'utf8'), 'first');
    };
    await untouched();
    const hurts = async () => {
      const { alerts } = await up.get<{ alerts: { alert: string; level: string }[] }>('/alerts');
      return alerts.some(({ alert, level }) => alert === 'doubt:moving' && level !== 'closed');
    };
    await until(hurts, { what: 'it hurts' });
    assert.match((await up.vsmcp('held', 'list', '--reason', 'doubt')).stdout, /order\.move +move +moving +doubt/);

    const done = await up.vsmcp('held', 'done', '--id', 'move', '--because', 'the file is there');
    assert.match(done.stdout, /^accepted/, done.stderr);
    const settled = await until(() => outside.outcomes.get('move')?.find(({ outcome }) => outcome === 'answered'), {
      what: 'it is settled',
    });
    assert.match(settled.reason ?? '', /the file is there/);
    await until(async () => !(await hurts()), { what: 'it hurts no more' });
    await untouched();
    await outside.close();
    assert.equal(await up.stop(), 0);
  });
});

interface Shown {
  units: { running: number }[];
}
