import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DONE } from '@vsmcp/nervous-system';
import { durable, gate, message, textOf, until, type World } from '../world.js';
import { setUp } from './setup.js';

export function stopping(open: () => Promise<World>): void {
  const join = setUp(open);

  test('drain finishes what is in flight, takes nothing more and loses nothing', async () => {
    const s4 = await join('s4');
    const leaving = await join('s1');
    const staying = await join('s1');
    const numbers = Array.from({ length: 200 }, (_, i) => String(i));
    await s4.publishBatch(numbers.map((n) => message('environment', 'a', n)));
    const done: string[] = [];
    let started = 0;
    await leaving.subscribe(durable('s1.work', 20), async (delivery) => {
      started++;
      await new Promise((resolve) => setTimeout(resolve, 3));
      done.push(textOf(delivery));
      return DONE;
    });
    await until(() => done.length > 20);
    await leaving.drain(20_000);
    assert.equal(leaving.stats().inFlight, 0);
    assert.equal(started, done.length);
    await leaving.close();
    const before = done.length;
    assert.ok(before < 200, 'it left in the middle');
    // Messages that were on their way when the first one left come redelivered; they were not handled there.
    await staying.subscribe(durable('s1.work', 20), async (delivery) => {
      done.push(textOf(delivery));
      return DONE;
    });
    await until(() => done.length >= 200 && staying.stats().inFlight === 0);
    assert.deepEqual(
      done.sort((a, b) => Number(a) - Number(b)),
      numbers,
    );
    assert.equal(staying.stats().failed, 0);
  });

  test('drain waits only so long, and another gets the message', async () => {
    const s4 = await join('s4');
    const stuck = await join('s1');
    const other = await join('s1');
    const forever = gate();
    await stuck.subscribe(durable('s1.work'), async () => {
      await forever.opened;
      return DONE;
    });
    await s4.publish(message('environment', 'a', 'x'));
    await until(() => stuck.stats().inFlight === 1);
    await stuck.drain(100);
    const got: boolean[] = [];
    await other.subscribe(durable('s1.work'), async ({ redelivered }) => {
      got.push(redelivered);
      return DONE;
    });
    await until(() => got.length === 1);
    assert.deepEqual(got, [true]);
    forever.open();
    await until(() => stuck.stats().inFlight === 0);
    assert.equal(await other.depth('s1.work'), 0);
  });

  test('a handler can still publish while it is waited for', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    const s3 = await join('s3');
    const heard: string[] = [];
    const go = gate();
    await s3.subscribe({ queue: { own: true, channel: 'outcome', bind: ['#'] }, prefetch: 1 }, async (delivery) => {
      heard.push(delivery.key);
      return DONE;
    });
    await s1.subscribe(durable('s1.work'), async ({ key }) => {
      await go.opened;
      await s1.publish(message('outcome', `answered.${key}`));
      return DONE;
    });
    await s4.publish(message('environment', 'a'));
    await until(() => s1.stats().inFlight === 1);
    const drained = s1.drain(20_000);
    go.open();
    await drained;
    await s1.close();
    await until(() => heard.length === 1);
    assert.deepEqual(heard, ['answered.a']);
  });

  test('close hands back what is in flight', async () => {
    const s4 = await join('s4');
    const closing = await join('s1');
    const other = await join('s1');
    const forever = gate();
    await closing.subscribe(durable('s1.work'), async () => {
      await forever.opened;
      return DONE;
    });
    await s4.publish(message('environment', 'a'));
    await until(() => closing.stats().inFlight === 1);
    await closing.close();
    const got: string[] = [];
    await other.subscribe(durable('s1.work'), async ({ key }) => {
      got.push(key);
      return DONE;
    });
    await until(() => got.length === 1);
    forever.open();
    await until(() => closing.stats().inFlight === 0);
  });
}
