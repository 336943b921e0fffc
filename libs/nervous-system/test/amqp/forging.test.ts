import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Delivery, DONE, HEADERS, NOT_SIGNED, openSigner } from '@vsmcp/nervous-system';
import { backKey, exchangeName, queueName, retryKey } from '@vsmcp/vsm';
import amqp, { type ConfirmChannel, type ConsumeMessage, type Options } from 'amqplib';
import { brokerUrl, hasBroker } from '../../../../test/support/rabbitmq.js';
import { openFleet } from '../fleets.js';
import { bytes, durable, message, own, textOf, until, type World } from '../world.js';

const signer = openSigner(['a secret of the fleet, not too short']);
const missing = !(await hasBroker()) && 'no RabbitMQ here';

/** Somebody with every right on the broker, who hears what members say, and knows all but the secret. */
describe('who may do everything on the broker, but is no member', { skip: missing, timeout: 60_000 }, () => {
  let world: World;
  let connection: amqp.ChannelModel;
  let channel: ConfirmChannel;
  /** A signed command, as it was overheard. */
  let heard: ConsumeMessage;
  const dead: Delivery[] = [];
  const handled: Delivery[] = [];
  const events: Delivery[] = [];

  before(async () => {
    const url = await brokerUrl();
    world = await openFleet(url);
    const s3 = await world.join('s3', 's3-one', signer);
    const s1 = await world.join('s1', 's1-one', signer);
    await s1.subscribe(durable('s1.dead'), keeping(dead));
    await s1.subscribe(durable('s1.command'), keeping(handled));
    await s1.subscribe(own('command', ['s1.all.*']), keeping(handled));
    await s1.subscribe(durable('s1.work'), keeping(events));
    connection = await amqp.connect(url);
    channel = await connection.createConfirmChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, at('command'), 's1.any.*');
    const overheard = new Promise<ConsumeMessage>((resolve) => {
      void channel.consume(queue, (got) => got && resolve(got), { noAck: true });
    });
    await s3.publish({ ...message('command', 's1.any.try', '{"epoch":7}'), id: 'c' });
    heard = await overheard;
    await until(() => handled.length === 1);
  });
  after(async () => {
    await connection?.close();
    await world?.end();
  });

  const keeping = (list: Delivery[]) => async (delivery: Delivery) => {
    list.push(delivery);
    return DONE;
  };
  const at = (name: Parameters<typeof exchangeName>[1]) => exchangeName(world.path, name);

  /** Says the overheard command again, changed in one way, and waits for what becomes of it. */
  async function say(change: Options.Publish & { exchange?: string; key?: string; content?: string }) {
    const before = { dead: dead.length, handled: handled.length, events: events.length };
    const { exchange = at('command'), key = 's1.any.try', content = '{"epoch":7}', ...options } = change;
    const { contentType, messageId, appId, headers } = heard.properties;
    channel.publish(exchange, key, Buffer.from(content), { contentType, messageId, appId, headers, ...options });
    await channel.waitForConfirms();
    await until(() => dead.length + handled.length + events.length > before.dead + before.handled + before.events);
    return {
      dead: dead.slice(before.dead),
      handled: handled.slice(before.handled),
      events: events.slice(before.events),
    };
  }
  const same = () => ({ ...heard.properties.headers });
  const again = (more: Record<string, unknown> = {}) => ({
    ...same(),
    [HEADERS.channel]: 'command',
    [HEADERS.key]: 's1.any.try',
    ...more,
  });
  const back = { exchange: () => at('retry'), key: backKey('s1.command') };

  const forgeries: [what: string, change: () => Parameters<typeof say>[0]][] = [
    ['no signature', () => ({ headers: {} })],
    ['an epoch raised', () => ({ content: '{"epoch":9007199254740991}' })],
    ['another verb', () => ({ key: 's1.any.settle' })],
    ['said to all', () => ({ key: 's1.all.grants' })],
    ['another id', () => ({ messageId: 'd' })],
    ['another member', () => ({ appId: 's3-two' })],
    ['an answer sent elsewhere', () => ({ replyTo: 'me' })],
    ['another correlation', () => ({ correlationId: 'x' })],
    ['straight into the queue', () => ({ exchange: '', key: queueName(world.path, 's1.command'), headers: {} })],
    [
      'back over retry, unsigned',
      () => ({ ...back, exchange: back.exchange(), headers: { [HEADERS.channel]: 'command' } }),
    ],
    [
      'back over retry, with attempts',
      () => ({ ...back, exchange: back.exchange(), headers: again({ [HEADERS.attempts]: 9 }) }),
    ],
    [
      'back over retry, as an event',
      () => ({ ...back, exchange: back.exchange(), headers: { [HEADERS.channel]: 'environment' } }),
    ],
    [
      'out of a delay queue',
      () => ({ exchange: at('retry'), key: retryKey('1s', 's1.command'), headers: again({ [HEADERS.attempts]: 1 }) }),
    ],
    ['a command that nobody takes', () => ({ key: 's1.nobody.try', headers: {} })],
  ];
  for (const [what, change] of forgeries) {
    test(`${what}: refused, and held with the reason`, async () => {
      const became = await say(change());
      assert.deepEqual([became.handled.length, became.events.length], [0, 0]);
      assert.equal(became.dead[0]?.headers[HEADERS.reason], NOT_SIGNED);
      assert.equal(became.dead[0].headers[HEADERS.channel], 'command');
    });
  }

  test('an event that came over retry without a signature is no event of the environment', async () => {
    const headers = { [HEADERS.channel]: 'environment', [HEADERS.key]: 'file.md', [HEADERS.attempts]: 3 };
    const became = await say({ exchange: at('retry'), key: backKey('s1.work'), headers });
    assert.equal(became.events.length, 0);
    assert.equal(became.dead[0]?.headers[HEADERS.reason], NOT_SIGNED);
  });

  test('on the environment it is a publisher like any', async () => {
    const headers = { [HEADERS.signature]: 'v1=whatever' };
    const { events: came } = await say({ exchange: at('environment'), key: 'file.md', content: 'x', headers });
    assert.equal(came.length, 1);
    assert.deepEqual(came[0]?.headers, {});
  });

  test('what it buries itself is held, and says what it is', async () => {
    const headers = { ...same(), [HEADERS.reason]: 'all well', [HEADERS.channel]: 'environment' };
    const { dead: buried } = await say({ exchange: at('dead'), key: 'file.md', headers });
    assert.equal(buried[0]?.headers[HEADERS.reason], NOT_SIGNED);
  });

  test('what it overheard it can say again as it was, and no more than that: who hears commands twice must know them', async () => {
    const became = await say({});
    assert.deepEqual(became.handled.map(textOf), ['{"epoch":7}']);
    assert.equal(became.handled[0]?.id, 'c');
    assert.deepEqual(became.handled[0]?.content, Buffer.from(bytes('{"epoch":7}')));
  });
});
