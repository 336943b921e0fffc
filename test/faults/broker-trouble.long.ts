import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openWellness } from '../support/hostile.js';
import { openOutside } from '../support/outside.js';
import { freePort } from '../support/ports.js';
import { rabbitServer, startRabbit } from '../support/rabbit-node.js';
import { until } from '../support/until.js';
import { startUp } from '../support/up.js';

const CONFIG = `
name: broker
path: broker
units: { orders: { responses: { order.#: noted } } }
settings: { drain: 5s }
`;
const QUEUES = ['s1.work', 's1.dead', 's1.query', 's3.report', 's5.algedonic', 'consciousness.query'];

interface Ready {
  ready: boolean;
  services: Record<string, { trouble: Record<string, string> }>;
}

describe('a broker that is tampered with', { skip: !rabbitServer() && 'no RabbitMQ on this machine' }, () => {
  it('the fleet says what is wrong, and goes on once it can', { timeout: 280_000 }, async (t) => {
    const rabbit = await startRabbit();
    t.after(() => rabbit.remove());
    const permit = ['set_permissions', '-p', 'fleet', 'guest', '.*', '.*', '.*'];
    await rabbit.ctl('add_vhost', 'fleet');
    await rabbit.ctl(...permit);
    const url = `${rabbit.url}/fleet`;
    const health = await freePort();
    const ready = () => fetch(`http://127.0.0.1:${health}/ready`);
    const up = await startUp(t, { config: CONFIG, broker: url, env: { VSMCP_METRICS_PORT: String(health) } });
    const outside = await openOutside(t, url, 'broker');
    const stillWell = await openWellness(up, outside, 'order.good', 'noted');
    await stillWell();

    await t.test('it closes all connections', async () => {
      await rabbit.ctl('close_all_connections', 'maintenance');
      await stillWell();
    });

    await t.test('queues are deleted under their consumers', async () => {
      for (const queue of QUEUES) await rabbit.ctl('delete_queue', '-p', 'fleet', `broker.${queue}`);
      // Until it stands again, what is published there goes nowhere, as AMQP has it.
      await until(
        async () => (await rabbit.ctl('list_queues', '-p', 'fleet', 'name', 'consumers')).includes('broker.s1.work\t1'),
        {
          timeout: 30_000,
          what: 's1.work is consumed again',
        },
      );
      await stillWell();
    });

    await t.test('its virtual host is removed, and comes back', async () => {
      await rabbit.ctl('delete_vhost', 'fleet');
      const trouble = await until(
        async () => {
          const { services }: Ready = JSON.parse(await (await ready()).text());
          const troubles = Object.values(services).map(({ trouble }) => trouble.broker ?? '');
          return troubles.find((trouble) => trouble.includes('virtual host'));
        },
        { timeout: 60_000, what: '/ready names the virtual host' },
      );
      assert.match(
        trouble,
        /not connected to the broker at .*: it has no virtual host fleet, or this user may not use it/,
      );
      await rabbit.ctl('add_vhost', 'fleet');
      await rabbit.ctl(...permit);
      await until(async () => (await ready()).ok, { timeout: 60_000, what: 'it is ready again' });
      await until(
        async () => (await rabbit.ctl('list_queues', '-p', 'fleet', 'name', 'consumers')).includes('broker.s1.work\t1'),
        {
          timeout: 60_000,
          what: 's1.work is consumed again',
        },
      );
      await stillWell();
    });
    assert.equal(await up.stop(), 0);
  });
});
