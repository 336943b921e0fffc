import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openOutside } from '../support/outside.js';
import { rabbitServer, startRabbit } from '../support/rabbit-node.js';
import { until } from '../support/until.js';
import { startUp } from '../support/up.js';

const FILES_SERVER = '@modelcontextprotocol/server-filesystem@2026.8.31';
const MEMORY_SERVER = '@modelcontextprotocol/server-memory@2026.8.31';
const EVENTS = 10_000;
const FILES = 60;

/** A call's deadline is short, so that what a killed replica held comes free soon. */
const config = (path: string) => `
name: faults
path: ${path}
servers:
  files: { npm: "${FILES_SERVER}", args: [desk], writes: desk }
  memory: { npm: "${MEMORY_SERVER}", env: { MEMORY_FILE_PATH: desk/memory.jsonl }, writes: desk }
units:
  counting: { responses: { order.noted: noted } }
  notes:
    responses:
      order.note:
        call: memory.create_entities
        with: { entities: [{ name: "=data.name", entityType: note, observations: [] }] }
  moving:
    responses:
      order.move:
        call: files.move_file
        with: { source: ="in/" + data.name, destination: ="out/" + data.name }
settings: { operation_deadline: 3s }
`;

const HELD = ['parked', 'dead', 'doubt', 'asked'];
const ENDS = ['answered', 'noted', 'shed', ...HELD];

describe('killed replicas and a restarted broker', { skip: !rabbitServer() && 'no RabbitMQ on this machine' }, () => {
  it(`${EVENTS} events: each ends once, and the account balances`, { timeout: 280_000 }, async (t) => {
    const rabbit = await startRabbit();
    t.after(() => rabbit.remove());
    const path = 'faults';
    const files = Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`desk/in/${i}.txt`, `${i}`]));
    const up = await startUp(t, {
      config: config(path),
      broker: rabbit.url,
      args: ['--replicas', 'system1-operations=2'],
      installed: [FILES_SERVER, MEMORY_SERVER],
      files: { ...files, 'desk/out/.keep': '' },
    });
    const outside = await openOutside(t, rabbit.url, path);
    await until(async () => (await serversReady(up)) === 2, { timeout: 90_000, what: 'both servers are ready' });

    const published = new Map<string, string>();
    const publish = async (i: number): Promise<void> => {
      const type =
        i % 150 === 0 && i / 150 < FILES
          ? 'order.move'
          : i % 100 === 1
            ? 'order.note'
            : i % 40 === 2
              ? 'order.unknown'
              : 'order.noted';
      const id = `event-${i}`;
      published.set(id, type);
      await outside.publish(type, id, { name: type === 'order.move' ? `${i / 150}.txt` : `note ${i}` });
    };
    const faults = new Map<number, () => Promise<void>>([
      [2000, () => killOne(up)],
      [4000, () => killOne(up)],
      [6000, () => rabbit.restart()],
      [8000, () => killOne(up)],
    ]);
    for (let from = 0; from < EVENTS; from += 200) {
      const fault = faults.get(from)?.();
      await Promise.all(Array.from({ length: 200 }, (_, i) => publish(from + i)));
      await fault;
    }

    const last = (id: string) => outside.outcomes.get(id)?.at(-1)?.outcome;
    const open = () => [...published.keys()].filter((id) => !ENDS.includes(last(id) ?? ''));
    await until(() => open().length === 0, { timeout: 150_000, what: 'every event has an outcome' }).catch(
      (error: Error) => assert.fail(`${error.message}: ${open().length} without, such as ${open().slice(0, 5)}`),
    );

    for (const [id, list] of outside.outcomes) {
      const settled = list.filter(({ outcome }) => !HELD.includes(outcome));
      assert.ok(settled.length <= 1, `${id} was settled more than once: ${JSON.stringify(list)}`);
    }
    const account = await up.get<{ received: number; outcomes: Record<string, number> }>('/account');
    assert.equal(account.received, EVENTS, 'the ledger knows every event once');
    const counted: Record<string, number> = {};
    for (const id of published.keys()) counted[last(id) ?? 'none'] = (counted[last(id) ?? 'none'] ?? 0) + 1;
    assert.deepEqual(account.outcomes, counted, 'ledger and outside agree');

    // Nothing happened twice: a second move of a file would have failed, and thus be dead.
    const moves = [...published].filter(([, type]) => type === 'order.move').map(([id]) => id);
    for (const id of moves)
      assert.ok(['answered', 'doubt'].includes(last(id) ?? ''), `${id}: ${JSON.stringify(outside.outcomes.get(id))}`);
    const moved = (await readdir(join(up.home, 'desk/out'))).filter((name) => name.endsWith('.txt'));
    assert.ok(moved.length >= moves.filter((id) => last(id) === 'answered').length);
    t.diagnostic(`${JSON.stringify(counted)}, ${outside.repeats()} outcomes repeated under their id`);
    await outside.close();
    assert.equal(await up.stop(), 0);
  });
});

type Running = Awaited<ReturnType<typeof startUp>>;

async function serversReady(up: Running): Promise<number> {
  const { capabilities } = await up.get<{ capabilities: { state: string }[] }>('/capabilities');
  return capabilities.filter(({ state }) => state === 'ready').length;
}

/** SIGKILL to one replica of System 1, once both run. */
async function killOne(up: Running): Promise<void> {
  const pids = await until(
    async () => {
      const running = await up.pids('system1-operations');
      return running.length === 2 && running;
    },
    { timeout: 60_000, what: 'both replicas run' },
  );
  process.kill(pids[0] as number, 'SIGKILL');
}
