import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openOutside } from '../support/outside.js';
import { brokerUrl, hasBroker } from '../support/rabbitmq.js';
import { until } from '../support/until.js';
import { startUp, type Up } from '../support/up.js';

const PATH = `takeover-${process.pid}`;
const CONFIG = `
name: takeover
path: ${PATH}
units: { desk: { absorbs: "file.#" } }
policy: { acquire: { from: ["io.github.*/*"], allow: contained } }
`;
const SERVICES = { 2: 'system2-coordination', 3: 'system3-control', 4: 'system4-intelligence', 5: 'system5-policy' };

interface Instance {
  instance: string;
  state: string;
  epoch?: number;
}

describe('standbys of Systems 2 to 5', async () => {
  const skip = !(await hasBroker()) && 'no RabbitMQ on this machine';
  it('take over from killed leaders, and the loop goes on', { skip, timeout: 280_000 }, async (t) => {
    const url = await brokerUrl();
    const replicas = Object.values(SERVICES).flatMap((folder) => ['--replicas', `${folder}=2`]);
    const up = await startUp(t, { config: CONFIG, broker: url, args: replicas });
    const outside = await openOutside(t, url, PATH);
    const before = await leaders(up);
    assert.deepEqual(Object.keys(before), ['2', '3', '4', '5'], 'each has a leader');

    for (const [system, { instance }] of Object.entries(before)) {
      // the second replica's name ends in -2; its process is the second child
      const [first, second] = (await up.pids(SERVICES[system as '2'])).sort((a, b) => a - b);
      process.kill((instance.endsWith('-2') ? second : first) as number, 'SIGKILL');
    }
    await until(
      async () => {
        const now = await leaders(up).catch(() => ({}) as Record<string, Instance>);
        return Object.entries(before).every(([system, { epoch }]) => (now[system]?.epoch ?? 0) > (epoch ?? 0));
      },
      { timeout: 60_000, what: 'every system is led in a later epoch' },
    ).catch(async (error: Error) =>
      assert.fail(`${error.message}: ${JSON.stringify([before, await leaders(up)])}\n${up.output()}`),
    );

    await outside.publish('file.cron', 'cron-1', {
      name: 'a.cron',
      path: 'inbox/a.cron',
      text: '3 9 * * 1-5',
      sha: 'x',
    });
    const answered = await until(() => outside.outcomes.get('cron-1')?.find(({ outcome }) => outcome === 'answered'), {
      timeout: 150_000,
      what: 'the event is answered by a server that was acquired',
    });
    assert.equal(answered.tool, 'calc.cron_parse');
    assert.equal(await up.stop(), 0);
  });
});

/** System → the instance that leads it. */
async function leaders(up: Up): Promise<Record<string, Instance>> {
  const { systems } = await up.get<{ systems: Record<string, { instances: Instance[] }> }>('/status');
  const found = Object.keys(SERVICES).flatMap((system) => {
    const leader = systems[system]?.instances.find(({ state }) => state === 'active');
    return leader ? [[system, leader] as const] : [];
  });
  return Object.fromEntries(found);
}
