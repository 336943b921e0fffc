import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DONE } from '@vsmcp/nervous-system';
import { durable, gate, message, own, textOf, until, type World } from '../world.js';
import { setUp } from './setup.js';

export function consuming(open: () => Promise<World>): void {
  const join = setUp(open);

  test('what is published before anyone listens waits in the durable queue', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    await until(async () => (await s1.depth('s1.work')) === 0);
    await s4.publish(message('environment', 'file.md', 'early'));
    await until(async () => (await s1.depth('s1.work')) === 1);
    assert.equal(await s1.depth('no.such.queue'), undefined);
    const got: string[] = [];
    await s1.subscribe(durable('s1.work'), async (delivery) => {
      got.push(textOf(delivery));
      return DONE;
    });
    await until(() => got.length === 1);
    await until(async () => (await s1.depth('s1.work')) === 0);
  });

  test('consumers compete: each message goes to one of them, and a busy one does not keep the others waiting', async () => {
    const s4 = await join('s4');
    const one = await join('s1');
    const two = await join('s1');
    const busy = gate();
    const got: string[] = [];
    const stuck: string[] = [];
    await one.subscribe(durable('s1.work', 1), async (delivery) => {
      stuck.push(textOf(delivery));
      await busy.opened;
      return DONE;
    });
    await s4.publish(message('environment', 'a', 'first'));
    await until(() => stuck.length === 1);
    await two.subscribe(durable('s1.work', 1), async (delivery) => {
      got.push(textOf(delivery));
      return DONE;
    });
    const rest = Array.from({ length: 20 }, (_, i) => String(i));
    await s4.publishBatch(rest.map((n) => message('environment', 'a', n)));
    await until(() => got.length === 20);
    assert.deepEqual(got, rest);
    busy.open();
    await until(() => one.stats().inFlight === 0);
    assert.deepEqual(stuck, ['first']);
  });

  test('no more than prefetch are handled at the same time', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    await s4.publishBatch(Array.from({ length: 40 }, (_, i) => message('environment', 'a', String(i))));
    let running = 0;
    let most = 0;
    let done = 0;
    await s1.subscribe(durable('s1.work', 7), async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      done++;
      return DONE;
    });
    await until(() => done === 40);
    assert.equal(most, 7);
  });

  test('a queue of one’s own hears only what comes while it is there, and everyone hears the same', async () => {
    const s1 = await join('s1');
    const s3 = await join('s3');
    const gateway = await join('gateway');
    const heard = { s3: [] as string[], gateway: [] as string[] };
    await s1.publish(message('outcome', 'answered.a', 'before'));
    const consumer = await s3.subscribe(own('outcome', ['answered.#']), async (delivery) => {
      heard.s3.push(textOf(delivery));
      return DONE;
    });
    await gateway.subscribe(own('outcome', ['#']), async (delivery) => {
      heard.gateway.push(textOf(delivery));
      return DONE;
    });
    await s1.publish(message('outcome', 'answered.a', 'one'));
    await until(() => heard.s3.length === 1 && heard.gateway.length === 1);
    await consumer.stop();
    await s1.publish(message('outcome', 'answered.a', 'two'));
    await until(() => heard.gateway.length === 2);
    assert.deepEqual(heard, { s3: ['one'], gateway: ['one', 'two'] });
  });

  test('a queue of one’s own is bounded and lets the oldest go', async () => {
    const s1 = await join('s1');
    const s3 = await join('s3');
    const slow = gate();
    const got: number[] = [];
    await s3.subscribe(own('outcome', ['#'], 1), async (delivery) => {
      await slow.opened;
      got.push(Number(textOf(delivery)));
      return DONE;
    });
    await s1.publish(message('outcome', 'answered.a', '0'));
    await until(() => s3.stats().inFlight === 1);
    for (let from = 1; from < 10_501; from += 1500) {
      await s1.publishBatch(Array.from({ length: 1500 }, (_, i) => message('outcome', 'answered.a', String(from + i))));
    }
    slow.open();
    await until(() => got.at(-1) === 10_500);
    assert.equal(got[0], 0);
    // RabbitMQ counts what is ready, smqp also what is in flight.
    assert.ok(got.length === 10_000 || got.length === 10_001, String(got.length));
    assert.equal(got[1], 10_501 - (got.length - 1));
  });

  test('it is healthy, and says what it did', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    await s1.subscribe(durable('s1.work'), async () => DONE);
    await until(() => s1.health().ok && s4.health().ok);
    await s4.publishBatch([message('environment', 'a'), message('environment', 'b')]);
    await until(() => s1.stats().delivered === 2 && s1.stats().inFlight === 0);
    assert.equal(s4.stats().confirmed, 2);
    await s4.close();
    assert.deepEqual(s4.health(), { ok: false, reason: 'closed' });
    await assert.rejects(s4.publish(message('environment', 'a')), { code: 'VSM_BROKER' });
  });
}
