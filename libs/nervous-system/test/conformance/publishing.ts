import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Delivery, DONE, HEADERS } from '@vsmcp/nervous-system';
import { MAX_KEY_BYTES, matches } from '@vsmcp/vsm';
import { durable, message, own, textOf, until, type World } from '../world.js';
import { setUp } from './setup.js';

export function publishing(open: () => Promise<World>): void {
  const join = setUp(open);

  test('the outcome of an event with the longest type has a key too, and can be listened for', async () => {
    const s1 = await join('s1');
    const s3 = await join('s3');
    const type = 'a'.repeat(MAX_KEY_BYTES);
    const heard: string[] = [];
    await s3.subscribe(own('outcome', [`*.${type}`]), async ({ key }) => {
      heard.push(key);
      return DONE;
    });
    await s1.publish(message('outcome', `attenuated.${type}`));
    await until(() => heard.length === 1);
    await assert.rejects(s1.publish(message('outcome', 'a'.repeat(256))), { code: 'VSM_EVENT' });
    const s4 = await join('s4');
    await assert.rejects(s4.publish(message('environment', `a${type}`)), { code: 'VSM_EVENT' });
  });

  test('a message arrives as it was sent', async () => {
    const s4 = await join('s4', 's4-one');
    const s1 = await join('s1');
    const got: Delivery[] = [];
    await s1.subscribe(durable('s1.work'), async (delivery) => {
      got.push(delivery);
      return DONE;
    });
    await s4.publish({
      ...message('environment', 'file.md', 'hello'),
      contentType: 'application/json',
      id: 'event-1',
      headers: { traceparent: '00-1', n: 7, yes: true },
    });
    await until(() => got.length === 1);
    const { timestamp, content, ...rest } = got[0] as Delivery;
    assert.equal(new TextDecoder().decode(content), 'hello');
    assert.ok(timestamp && Math.abs(timestamp - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      channel: 'environment',
      key: 'file.md',
      contentType: 'application/json',
      id: 'event-1',
      appId: 's4-one',
      headers: { traceparent: '00-1', n: 7, yes: true },
      redelivered: false,
      attempts: 0,
    });
  });

  test('a batch arrives whole and in order, and so do single messages', async () => {
    const s1 = await join('s1');
    const s3 = await join('s3');
    const got: string[] = [];
    await s3.subscribe(own('outcome', ['#'], 1), async (delivery) => {
      got.push(textOf(delivery));
      return DONE;
    });
    const numbers = Array.from({ length: 500 }, (_, i) => String(i));
    await s1.publishBatch(numbers.slice(0, 300).map((n) => message('outcome', 'answered.a', n)));
    await Promise.all(numbers.slice(300).map((n) => s1.publish(message('outcome', 'answered.a', n))));
    await until(() => got.length === 500);
    assert.deepEqual(got, numbers);
  });

  test('patterns match as AMQP says, and a message comes once however many match', async () => {
    const s1 = await join('s1');
    const s3 = await join('s3');
    const lists = [['#'], ['a.*'], ['a.#'], ['*.b', 'a.#', '#.b'], ['#.b.#'], ['*'], ['a.b'], ['#.#'], ['*.*.*']];
    const keys = ['a', 'b', 'a.b', 'b.b', 'a.b.c', 'a.x.b', 'c.d.e', 'ab', 'a-b.b_c', 'last'];
    const got = lists.map(() => [] as string[]);
    for (const [i, bind] of lists.entries()) {
      await s3.subscribe(own('outcome', [...bind, 'last']), async ({ key }) => {
        got[i]?.push(key);
        return DONE;
      });
    }
    for (const key of keys) await s1.publish(message('outcome', key));
    await until(() => got.every((list) => list.includes('last')));
    for (const [i, bind] of lists.entries()) {
      const wanted = keys.filter((key) => key === 'last' || bind.some((pattern) => matches(pattern, key)));
      assert.deepEqual(got[i]?.sort(), wanted.sort(), bind.join(' '));
    }
  });

  test('what the channel table does not allow is refused, and so is a key that is none', async () => {
    const s1 = await join('s1');
    const world = await join('world');
    await assert.rejects(s1.publish(message('command', 's1.any.try')), { code: 'VSM_CHANNEL' });
    await assert.rejects(world.publish(message('report', 's1.x.load')), { code: 'VSM_CHANNEL' });
    await assert.rejects(s1.publish(message('report', 's3.x.load')), { code: 'VSM_CHANNEL' });
    await assert.rejects(s1.publish(message('outcome', 'Answered.a')), { code: 'VSM_EVENT' });
    await assert.rejects(s1.publish(message('outcome', '')), { code: 'VSM_EVENT' });
    await assert.rejects(
      s1.subscribe(own('intelligence', ['#']), async () => DONE),
      { code: 'VSM_CHANNEL' },
    );
    await assert.rejects(
      s1.subscribe(durable('s3.command'), async () => DONE),
      { code: 'VSM_CHANNEL' },
    );
    await assert.rejects(
      s1.subscribe(own('outcome', ['a..b']), async () => DONE),
      { code: 'VSM_CHANNEL' },
    );
    await assert.rejects(
      s1.subscribe(durable('s1.work', 0), async () => DONE),
      { code: 'VSM_CHANNEL' },
    );
  });

  test('a command that nobody takes is among the dead, with the reason', async () => {
    const s3 = await join('s3');
    const s1 = await join('s1');
    const got: Delivery[] = [];
    await s1.subscribe(durable('s1.dead'), async (delivery) => {
      got.push(delivery);
      return DONE;
    });
    await s3.publish(message('command', 's1.nobody.try', 'lost?'));
    await until(() => got.length === 1);
    const [dead] = got;
    assert.equal(dead?.channel, 'dead');
    assert.equal(dead.key, 's1.nobody.try');
    assert.equal(textOf(dead), 'lost?');
    assert.equal(dead.headers[HEADERS.reason], 'nobody listens to s1.nobody.try');
    assert.equal(dead.headers[HEADERS.channel], 'command');
  });

  test('a mandatory message that nobody takes is refused; one that is not goes unheard', async () => {
    const s1 = await join('s1');
    await s1.publish(message('outcome', 'answered.a'));
    await assert.rejects(s1.publish({ ...message('outcome', 'answered.a'), mandatory: true }), {
      code: 'VSM_NOT_FOUND',
    });
    assert.equal(s1.stats().rejected, 1);
    assert.equal(s1.stats().confirmed, 1);
    assert.equal(s1.stats().unconfirmed, 0);
  });
}
