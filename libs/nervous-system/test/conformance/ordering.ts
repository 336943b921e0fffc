import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Delivery, DONE, type Handler, KEEP, type NervousSystem } from '@vsmcp/nervous-system';
import { PARTITION_QUEUES } from '@vsmcp/vsm';
import { durable, gate, message, textOf, until, type World } from '../world.js';
import { setUp } from './setup.js';

const keyed = (key: string, text: string) => ({
  ...message('environment', 'file.md', text),
  headers: { 'cloudEvents:partitionkey': key },
});

export function ordering(open: () => Promise<World>): void {
  const join = setUp(open);
  const consumeAll = (s1: NervousSystem, handler: Handler) =>
    Promise.all(PARTITION_QUEUES.map((name) => s1.subscribe(durable(name, 20), handler)));

  test('what has a partition key goes to a partition, and the rest to where all compete', async () => {
    const world = await join('world');
    const s1 = await join('s1');
    const got: Record<string, string[]> = { ordered: [], open: [] };
    const into = (list: string) => async (delivery: Delivery) => {
      got[list]?.push(`${delivery.channel} ${delivery.key} ${textOf(delivery)}`);
      return DONE;
    };
    await consumeAll(s1, into('ordered'));
    await s1.subscribe(durable('s1.work'), into('open'));
    await world.publish(keyed('k', 'a'));
    await world.publish({ ...keyed('k', 'b'), headers: { cloudEvents_partitionkey: 'k' } });
    await world.publish({ ...keyed('k', 'c'), headers: { other: 'k' } });
    await until(() => got.ordered?.length === 2 && got.open?.length === 1);
    assert.deepEqual(got.ordered?.sort(), ['environment file.md a', 'environment file.md b']);
    assert.deepEqual(got.open, ['environment file.md c']);
    assert.equal(await s1.depth('s1.work'), 0);
  });

  test('one consumer at a time; what it leaves comes to the next in order, before all that is later', async () => {
    const world = await join('world');
    const [one, two] = [await join('s1'), await join('s1')];
    const seen: string[] = [];
    const first = gate();
    const taking = await consumeAll(one, async (delivery) => {
      seen.push(`one ${textOf(delivery)}`);
      if (textOf(delivery) === '0') await first.opened;
      return textOf(delivery) === '0' ? DONE : KEEP;
    });
    await consumeAll(two, async (delivery) => {
      seen.push(`two ${textOf(delivery)}`);
      return DONE;
    });
    for (let i = 0; i < 5; i++) await world.publish(keyed('k', `${i}`));
    await until(() => seen.length === 5);
    assert.deepEqual(seen.splice(0), ['one 0', 'one 1', 'one 2', 'one 3', 'one 4']);
    const stopped = Promise.all(taking.map((consumer) => consumer.stop()));
    await world.publish(keyed('k', '5'));
    first.open();
    await stopped;
    await until(() => seen.length === 5);
    assert.deepEqual(seen, ['two 1', 'two 2', 'two 3', 'two 4', 'two 5']);
  });

  test('what failed comes again before what is later', async () => {
    const world = await join('world');
    const s1 = await join('s1');
    const seen: string[] = [];
    const rest = gate();
    await consumeAll(s1, async (delivery) => {
      if (textOf(delivery) === '0' && !delivery.redelivered) throw new Error('not yet');
      if (!delivery.redelivered) {
        await rest.opened;
        return KEEP;
      }
      seen.push(textOf(delivery));
      return DONE;
    });
    for (let i = 0; i < 3; i++) await world.publish(keyed('k', `${i}`));
    await until(() => seen.length === 3);
    rest.open();
    assert.deepEqual(seen, ['0', '1', '2']);
  });
}
