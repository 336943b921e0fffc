import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { openOutside } from '../support/outside.js';
import { rabbitServer, startRabbit } from '../support/rabbit-node.js';
import { until } from '../support/until.js';
import { startUp } from '../support/up.js';

const CONFIG = `
name: blocked
path: blocked
units:
  backups: { silence: { backup.ok: 4s }, responses: { backup.ok: noted } }
pain: { tell: [night-desk], climb: 1s }
`;

interface Journal {
  entries: { type: string; at: number; data: { alert?: string } }[];
}

describe('a broker that blocks publishers', { skip: !rabbitServer() && 'no RabbitMQ on this machine' }, () => {
  it('pain reaches System 5 all the same, and climbs', { timeout: 180_000 }, async (t) => {
    const rabbit = await startRabbit();
    t.after(() => rabbit.remove());
    const up = await startUp(t, { config: CONFIG, broker: rabbit.url });
    const outside = await openOutside(t, rabbit.url, 'blocked');
    await outside.publish('backup.ok', 'backup-1', {});
    await until(() => outside.outcomes.get('backup-1'), { timeout: 30_000, what: 'the event is noted' });

    // The beat goes on until the broker takes nothing: the silence that hurts begins then.
    let beats = 1;
    const beating = setInterval(() => {
      outside.publish('backup.ok', `backup-${++beats}`, {}).catch(() => undefined); // blocked, as is meant
    }, 500);
    await rabbit.ctl('set_vm_memory_high_watermark', '0.000001').finally(() => clearInterval(beating));
    const blocked = Date.now();
    // Nothing can be asked over a blocked broker: the logs of System 5 say what it did meanwhile.
    const logOf5 = () => readFile(`${up.home}/.vsmcp/logs/system5-policy.log`, 'utf8');
    await until(async () => (await logOf5()).includes('"level":"system5"'), {
      timeout: 60_000,
      what: 'System 5 takes the pain up while the broker is blocked',
    });
    await rabbit.ctl('set_vm_memory_high_watermark', '0.7');
    const released = Date.now();

    const entries = await until(
      async () => {
        const journal = await up.get<Journal>('/journal?system=s5').catch(() => undefined);
        return journal?.entries.some(({ type }) => type === 'alert.climbed') && journal.entries;
      },
      { timeout: 60_000, what: 'the fleet answers again' },
    );
    for (const type of ['alert.raised', 'alert.climbed']) {
      const entry = entries.find((one) => one.type === type && one.data.alert === 'silence:backups:backup.ok');
      assert.ok(entry && entry.at > blocked && entry.at < released, `${type} while the broker was blocked`);
    }
    assert.equal(await up.stop(), 0);
  });
});
