import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { CloudEvent } from '@vsmcp/vsm';
import { type Ledger, type ManualClock, manualClock, openState } from '../../src/index.js';
import { onEveryDatabase } from '../support/databases.js';

onEveryDatabase('what goes down to a unit that is a system', (on) => {
  const clock: ManualClock = manualClock(1_000_000);
  let ledger: Ledger;
  before(async () => {
    ledger = (await openState(on.database, 'vsm', clock)).ledger;
  });
  let count = 0;
  const key = () => ({ source: '/test', id: `down-${count++}`, unit: 'west' });
  type Key = ReturnType<typeof key>;
  const event = ({ source, id }: Key): CloudEvent => ({ specversion: '1.0', source, id, type: 'shop.sale', data: {} });
  const claim = (k: Key) => ledger.claim({ ...k, type: 'shop.sale', holder: 'a', deadline: clock.now() + 1000 });
  const down = async (life = 5000): Promise<Key> => {
    const k = key();
    await claim(k);
    assert.ok(await ledger.descend(k, 1, clock.now() + life, event(k)));
    return k;
  };
  const settle = (k: Key, attempt: number, outcome: 'answered' | 'parked' | 'dead') => {
    const held =
      outcome === 'answered' ? {} : { event: event(k), ...(outcome === 'parked' && { cause: 'below' as const }) };
    return ledger.settle({ ...k, attempt, outcome, record: { outcome }, ...held });
  };

  test('it is recalled with its event by whoever hears the outcome, and who held it before is fenced off', async () => {
    const k = await down();
    const back = await ledger.recall(k, 'answered', 'b', clock.now() + 1000);
    assert.deepEqual([back?.attempt, back?.event.id, back?.arrived, back?.called], [2, k.id, clock.now(), true]);
    assert.equal(await settle(k, 1, 'answered'), false);
    assert.equal(await settle(k, 2, 'answered'), true);
    assert.equal(await ledger.recall(k, 'answered', 'b', clock.now()), null, 'settled for good');
    assert.equal(await ledger.recall(k, 'parked', 'b', clock.now()), null, 'what comes late changes nothing');
  });

  test('what waits below is recalled once it does not wait any more, and not when it is said again', async () => {
    const k = await down();
    await ledger.recall(k, 'parked', 'b', clock.now() + 1000);
    await settle(k, 2, 'parked');
    assert.equal(await ledger.recall(k, 'parked', 'b', clock.now()), null);
    const back = await ledger.recall(k, 'answered', 'b', clock.now() + 1000);
    assert.equal(back?.attempt, 3);
    assert.ok(await settle(k, 3, 'answered'));
  });

  test('what did not go down, or went to another unit, is nobody’s to recall', async () => {
    const k = key();
    assert.equal(await ledger.recall(k, 'answered', 'b', clock.now()), null);
    await claim(k);
    assert.equal(await ledger.recall(k, 'answered', 'b', clock.now()), null, 'claimed, and not sent yet');
    const other = await down();
    assert.equal(await ledger.recall({ ...other, unit: 'east' }, 'answered', 'b', clock.now()), null);
    await settle(other, 1, 'answered');
  });

  test('past its deadline it is abandoned, with its event, and goes down again', async () => {
    const k = await down(2000);
    const mine = async () =>
      (await ledger.abandoned('b', clock.now(), clock.now() + 1000, 10)).find(({ id }) => id === k.id);
    assert.equal(await mine(), undefined);
    await clock.advance(2000);
    const found = await mine();
    assert.deepEqual([found?.event.id, found?.called, found?.attempt], [k.id, true, 2]);
    assert.ok(await ledger.descend(k, 2, clock.now() + 5000, event(k)));
    assert.equal(await ledger.descend(k, 1, clock.now() + 5000, event(k)), false);
    await settle(k, 2, 'answered');
  });

  test('what waits too long is counted by unit, sent down or parked there', async () => {
    const since = clock.now();
    await down(60_000);
    const parked = await down();
    await settle(parked, 1, 'parked');
    const dead = await down();
    await settle(dead, 1, 'dead');
    await clock.advance(1000);
    await down(60_000);
    const late = (before: number) =>
      ledger.below([
        { unit: 'west', before },
        { unit: 'east', before },
      ]);
    assert.deepEqual(await late(since), []);
    assert.deepEqual(await late(clock.now()), [{ unit: 'west', events: 2, since }]);
    assert.deepEqual(await late(clock.now() + 1), [{ unit: 'west', events: 3, since }]);
  });
});
