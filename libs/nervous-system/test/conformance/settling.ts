import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Delivery, DONE, HEADERS, type NervousSystem } from '@vsmcp/nervous-system';
import { DELIVERY_LIMIT, type QueueName } from '@vsmcp/vsm';
import { durable, message, own, textOf, until, type World } from '../world.js';
import { setUp } from './setup.js';

export function settling(open: () => Promise<World>): void {
  const join = setUp(open);

  async function theDead(s1: NervousSystem): Promise<Delivery[]> {
    const dead: Delivery[] = [];
    await s1.subscribe(durable('s1.dead'), async (delivery) => {
      dead.push(delivery);
      return DONE;
    });
    return dead;
  }

  test('a handler that throws gets the message again, marked as such', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    const seen: boolean[] = [];
    await s1.subscribe(durable('s1.work'), async ({ redelivered }) => {
      seen.push(redelivered);
      if (seen.length < 3) throw new Error('not yet');
      return DONE;
    });
    await s4.publish(message('environment', 'a.b'));
    await until(() => seen.length === 3 && s1.stats().inFlight === 0);
    assert.deepEqual(seen, [false, true, true]);
    assert.equal(s1.stats().failed, 2);
    assert.equal(await s1.depth('s1.work'), 0);
  });

  const poisoned: [QueueName, 's4' | 's1', Parameters<typeof message>[0], string][] = [
    ['s1.work', 's4', 'environment', 'file.poison'],
    ['s2.coordination', 's1', 'coordination', 'claim.poison'],
  ];
  for (const [queue, from, channel, key] of poisoned) {
    test(`poison in ${queue} dies after ${DELIVERY_LIMIT} deliveries and holds nobody up`, async () => {
      const sender = await join(from);
      const handler = await join(queue.startsWith('s1') ? 's1' : 's2');
      const dead = await theDead(await join('s1'));
      let tries = 0;
      const fine: string[] = [];
      await handler.subscribe(durable(queue), async (delivery) => {
        if (textOf(delivery) === 'poison') {
          tries++;
          throw new Error('cannot swallow this');
        }
        fine.push(textOf(delivery));
        return DONE;
      });
      await sender.publish({ ...message(channel, key, 'poison'), id: 'p', headers: { kept: 'yes' } });
      await sender.publish(message(channel, key, 'food'));
      await until(() => dead.length === 1 && fine.length === 1);
      const [corpse] = dead;
      assert.equal(tries, DELIVERY_LIMIT);
      assert.equal(corpse?.channel, 'dead');
      assert.equal(corpse.key, key);
      assert.equal(corpse.id, 'p');
      assert.deepEqual(corpse.headers, {
        kept: 'yes',
        [HEADERS.channel]: channel,
        [HEADERS.queue]: queue,
        [HEADERS.reason]: `delivered ${DELIVERY_LIMIT} times, at last: cannot swallow this`,
      });
    });
  }

  test('poison in a queue of one’s own dies too', async () => {
    const s1 = await join('s1');
    const s3 = await join('s3');
    const dead = await theDead(s1);
    let tries = 0;
    await s3.subscribe(own('outcome', ['#']), async () => {
      tries++;
      throw new Error('no');
    });
    await s1.publish(message('outcome', 'answered.a'));
    await until(() => dead.length === 1);
    assert.equal(tries, DELIVERY_LIMIT);
    assert.equal(dead[0]?.key, 'answered.a');
  });

  test('a verdict of death carries its reason', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    const dead = await theDead(s1);
    await s1.subscribe(durable('s1.work'), async () => ({ result: 'dead', reason: 'no event at all' }));
    await s4.publish(message('environment', 'a.b', 'x'));
    await until(() => dead.length === 1);
    assert.equal(dead[0]?.headers[HEADERS.reason], 'no event at all');
    assert.equal(dead[0].headers[HEADERS.channel], 'environment');
    assert.equal(dead[0].key, 'a.b');
    assert.equal(s1.stats().dead, 1);
  });

  test('later: it comes back as it was, counted or not, and can be put off again', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    const seen: Delivery[] = [];
    const times: number[] = [];
    await s1.subscribe(durable('s1.work'), async (delivery) => {
      seen.push(delivery);
      times.push(performance.now());
      if (seen.length === 3) return DONE;
      return { result: 'later', delay: '1s', counted: seen.length === 1 };
    });
    await s4.publish({ ...message('environment', 'file.md', 'x'), id: 'i', headers: { traceparent: 't' } });
    await until(() => seen.length === 3);
    const [first, second, third] = seen as [Delivery, Delivery, Delivery];
    assert.deepEqual([first.attempts, second.attempts, third.attempts], [0, 1, 1]);
    assert.deepEqual(second, { ...first, attempts: 1 });
    assert.deepEqual(third, second);
    for (const i of [1, 2]) assert.ok((times[i] ?? 0) - (times[i - 1] ?? 0) > 950, 'it waited');
    await until(() => s1.stats().inFlight === 0);
    assert.equal(await s1.depth('s1.work'), 0);
  });

  test('later: headers that the handler sets come back over the message’s own', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    const seen: Delivery[] = [];
    await s1.subscribe(durable('s1.work'), async (delivery) => {
      seen.push(delivery);
      if (seen.length === 2) return DONE;
      const headers = { traceparent: 'further', [HEADERS.key]: 'mine' };
      return { result: 'later', delay: '1s', counted: true, headers };
    });
    await s4.publish({ ...message('environment', 'file.md'), headers: { traceparent: 'begun', kept: 'yes' } });
    await until(() => seen.length === 2);
    assert.equal(seen[1]?.headers.traceparent, 'further');
    assert.equal(seen[1]?.headers.kept, 'yes');
    assert.equal(seen[1]?.key, 'file.md');
  });

  test('later: what dies after it came back has its own channel and key', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    const dead = await theDead(s1);
    await s1.subscribe(durable('s1.work'), async ({ attempts }) => {
      if (attempts === 0) return { result: 'later', delay: '1s', counted: true };
      throw new Error('no');
    });
    await s4.publish(message('environment', 'file.md'));
    await until(() => dead.length === 1);
    assert.equal(dead[0]?.key, 'file.md');
    assert.equal(dead[0].headers[HEADERS.channel], 'environment');
  });

  test('later, where there are no delays, is death with that reason', async () => {
    const s1 = await join('s1');
    const s5 = await join('s5');
    const dead = await theDead(s1);
    await s5.subscribe(durable('s5.algedonic'), async () => ({ result: 'later', delay: '1s', counted: true }));
    await s1.publish(message('algedonic', 'critical.s1.u'));
    await until(() => dead.length === 1);
    assert.match(String(dead[0]?.headers[HEADERS.reason]), /s5\.algedonic has no delay queues/);
  });

  test('the dead are not lost when whoever takes them fails', async () => {
    const s3 = await join('s3');
    const s1 = await join('s1');
    let tries = 0;
    await s3.publish(message('command', 's1.nobody.try'));
    await s1.subscribe(durable('s1.dead'), async () => {
      if (++tries < 3) throw new Error('no database');
      return DONE;
    });
    await until(() => tries === 3 && s1.stats().inFlight === 0);
    assert.equal(await s1.depth('s1.dead'), 0);
  });

  test('headers of ours that an outsider sets mean nothing', async () => {
    const world = await join('world');
    const s1 = await join('s1');
    const got: Delivery[] = [];
    await s1.subscribe(durable('s1.work'), async (delivery) => {
      got.push(delivery);
      return DONE;
    });
    await world.publish({
      ...message('environment', 'file.md'),
      headers: {
        [HEADERS.channel]: 'command',
        [HEADERS.key]: 's1.any.try',
        [HEADERS.attempts]: 9,
        [HEADERS.deliveries]: 30,
      },
    });
    await until(() => got.length === 1);
    assert.equal(got[0]?.channel, 'environment');
    assert.equal(got[0].key, 'file.md');
    assert.equal(got[0].attempts, 0);
    assert.equal(got[0].redelivered, false);
  });
}
