import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { HEADERS, NOT_SIGNED, openSigner } from '@vsmcp/nervous-system';
import { type ConsumeMessage, connect } from 'amqplib';
import { freePort } from '../support/ports.js';
import { brokerUrl, hasBroker } from '../support/rabbitmq.js';
import { until } from '../support/until.js';
import { startUp } from '../support/up.js';

const PATH = `cookie-${process.pid}`;
const CONFIG = `
name: cookie
path: ${PATH}
units: { orders: { responses: { order.#: noted } } }
`;
const COOKIE = 'the secret of this fleet and of no other';

interface Row {
  id: string;
  type: string;
  because: string;
}

describe('a fleet with a cookie on a real broker', async () => {
  const skip = !(await hasBroker()) && 'no RabbitMQ on this machine';

  it('refuses what others say inside, and goes on', { skip, timeout: 180_000 }, async (t) => {
    const url = await brokerUrl();
    const folder = await mkdtemp(join(tmpdir(), 'vsmcp-cookie-'));
    t.after(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'cookie'), `${COOKIE}\n`);
    const metrics = await freePort();
    const env = {
      VSMCP_COOKIE_FILE: join(folder, 'cookie'),
      VSMCP_NODE_NAME: 'Desk 7',
      VSMCP_METRICS_PORT: String(metrics),
    };
    const up = await startUp(t, { config: CONFIG, broker: url, env });

    const connection = await connect(url);
    t.after(() => connection.close());
    const channel = await connection.createConfirmChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, `${PATH}.outcome`, '#');
    await channel.bindQueue(queue, `${PATH}.reply`, 'forger');
    const heard: ConsumeMessage[] = [];
    await channel.consume(queue, (message) => void (message && heard.push(message)), { noAck: true });
    const say = async (
      exchange: string,
      key: string,
      data: object,
      more: { signature?: string; kind?: string } = {},
    ) => {
      const { kind = key.split('.').at(-1) ?? '', signature } = more;
      const id = `forged-${kind}-${signature ? 'signed' : 'unsigned'}`;
      const event = { specversion: '1.0', id, source: `/${PATH}/s3/x`, type: `vsm.s3.${kind}.v1`, data };
      channel.publish(`${PATH}.${exchange}`, key, Buffer.from(JSON.stringify(event)), {
        messageId: id,
        contentType: 'application/cloudevents+json',
        replyTo: 'forger',
        correlationId: id,
        headers: signature === undefined ? {} : { [HEADERS.signature]: signature },
      });
      await channel.waitForConfirms();
    };

    const { id } = await up.post<{ id: string }>('/events', { type: 'file.odd' });
    const parked = async () => (await up.get<{ held: Row[] }>('/held?reason=parked')).held.map((row) => row.id);
    await until(async () => (await parked()).includes(id), { timeout: 20_000, what: 'an event waits' });

    const epoch = Number.MAX_SAFE_INTEGER;
    const settle = { how: 'discard', filter: { limit: 1000 }, because: 'forged', epoch };
    await say('command', 's1.all.capabilities', { version: 1, epoch });
    await say('command', 's1.any.settle', settle);
    await say('command', 's1.any.settle', settle, { signature: `v1=${'0'.repeat(64)}` });
    await say('query', 's5.any.acknowledge', { alert: 'x', by: 'me' });

    const dead = await until(
      async () => {
        const { held } = await up.get<{ held: Row[] }>('/held?reason=dead');
        return held.length >= 4 && held;
      },
      { timeout: 20_000, what: 'what was forged is held' },
    );
    assert.deepEqual(dead.map((row) => row.id).sort(), [
      'forged-acknowledge-unsigned',
      'forged-capabilities-unsigned',
      'forged-settle-signed',
      'forged-settle-unsigned',
    ]);
    for (const { because } of dead) assert.equal(because, NOT_SIGNED);
    const alerts = await until(
      async () => {
        const { alerts } = await up.get<{ alerts: { alert: string }[] }>('/alerts');
        return alerts.length >= 2 && alerts.map(({ alert }) => alert).sort();
      },
      { timeout: 20_000, what: 'it hurts' },
    );
    assert.deepEqual(alerts, ['unsigned:command', 'unsigned:query']);
    const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    assert.match(text, /vsmcp_refused_messages_total\{[^}]*channel="command"[^}]*\} 3/);

    // System 3 is obeyed, though a higher epoch was said
    assert.ok((await parked()).includes(id));
    await up.post('/held/discard', { filter: { id }, because: 'test' });
    await until(async () => (await parked()).length === 0, { timeout: 20_000, what: 'System 3 is obeyed' });

    // the environment is open, and who knows the secret can check the outcome
    channel.publish(`${PATH}.environment`, 'order.new', Buffer.from('{"n":1}'), { messageId: 'o-1' });
    const isNoted = ({ fields }: ConsumeMessage) => fields.routingKey === 'noted.order.new';
    const noted = await until(() => heard.find(isNoted), { timeout: 20_000, what: 'the event is noted' });
    const { contentType, messageId, appId, headers = {} } = noted.properties;
    const outcome = {
      key: 'noted.order.new',
      content: noted.content,
      contentType,
      id: messageId,
      appId,
      attempts: 0,
      headers,
    };
    assert.ok(openSigner([COOKIE]).verify(PATH, 'outcome', outcome));
    assert.match(appId, /^s1-desk-7/);
    assert.equal(
      heard.filter(({ fields }) => fields.routingKey === 'forger').length,
      0,
      'no answer to a forged question',
    );
    assert.equal(await up.stop(), 0);
    assert.doesNotMatch(up.output(), /starting it again/);
  });
});
