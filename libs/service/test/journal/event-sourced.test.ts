import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { JournalEntry } from '@vsmcp/vsm';
import { z } from 'zod';
import { eventSourced, type Journal, manualClock, openState, replay } from '../../src/index.js';
import { onEveryDatabase } from '../support/databases.js';

const Counted = z.object({ type: z.literal('counted'), by: z.number() });
type Counted = z.infer<typeof Counted>;

/** A sum that is led: its events are the summands. */
function counting(journal: Pick<Journal, 'append'>, system: string, unjournalled?: (error: unknown) => void) {
  return eventSourced<number, Counted>(journal, {
    system,
    epoch: 1,
    initial: 0,
    evolve: (sum, { by }) => sum + by,
    read: ({ data }: JournalEntry) => Counted.safeParse(data).data,
    ...(unjournalled && { unjournalled }),
  });
}

const count = (by: number): Counted => ({ type: 'counted', by });

onEveryDatabase('an event-sourced part', (on) => {
  let journal: Journal;
  before(async () => {
    ({ journal } = await openState(on.database, 'vsm', manualClock(1_000_000)));
  });

  test('runs decide one after the other, each from what the one before left, and tell in that order', async () => {
    const sum = counting(journal, 'ordered');
    const told: string[] = [];
    const double = (n: number) =>
      sum.run(
        (state) => [count(state + n), count(1)],
        'test',
        async (changes, state) => {
          told.push(`${changes.map(({ before, event, after }) => `${before}+${event.by}=${after}`)} is ${state}`);
        },
      );
    await Promise.all([double(1), double(10)]);
    assert.deepEqual(told, ['0+1=1,1+1=2 is 2', '2+12=14,14+1=15 is 15']);
    assert.equal(sum.state, 15);
  });

  test('an event can be journalled as other data than itself, and is read back from that', async () => {
    const options = {
      system: 'named',
      epoch: 1,
      initial: 0,
      evolve: (sum: number, { by }: Counted) => sum + by,
      read: ({ type, data }: JournalEntry) => (type === 'counted' ? count(z.number().parse(data)) : undefined),
      data: ({ by }: Counted) => by,
    };
    const sum = eventSourced<number, Counted>(journal, options);
    await sum.run(
      () => [count(7)],
      'test',
      async () => {},
    );
    assert.deepEqual((await journal.read({ system: 'named', limit: 1 }))[0]?.data, 7);
    const next = eventSourced<number, Counted>(journal, options);
    await replay(journal, 'named', [next]);
    assert.equal(next.state, 7);
  });

  test('a run that decides nothing tells the state as it is', async () => {
    const sum = counting(journal, 'still');
    await sum.run(
      () => [],
      'test',
      async (changes, state) => assert.deepEqual([changes, state], [[], 0]),
    );
  });

  test('the next leader rebuilds the state from one pass over the journal, which all its parts share', async () => {
    const sum = counting(journal, 'replayed');
    await sum.run(
      () => [count(2), count(3)],
      'why',
      async () => {},
    );
    await journal.append({ system: 'replayed', epoch: 1, type: 'other', data: {} });
    const next = counting(journal, 'replayed');
    const seen: string[] = [];
    let passes = 0;
    const counted = {
      replay(system: string) {
        passes++;
        return journal.replay(system);
      },
    };
    await replay(counted, 'replayed', [next, { restore: ({ type, cause }) => void seen.push(`${type} ${cause}`) }]);
    assert.equal(next.state, 5);
    assert.deepEqual(seen, ['counted why', 'counted why', 'other null']);
    assert.equal(passes, 1);
  });

  test('what failed to be told fails its run alone; the events stay', async () => {
    const sum = counting(journal, 'untold');
    const failing = sum.run(
      () => [count(7)],
      'test',
      async () => assert.fail('nobody hears'),
    );
    const next = sum.run(
      (state) => [count(state)],
      'test',
      async () => {},
    );
    await assert.rejects(failing, /nobody hears/);
    await next;
    assert.equal(sum.state, 14);
  });
});

const full: Pick<Journal, 'append'> = { append: () => Promise.reject(new Error('the disk is full')) };

test('an event that cannot be journalled changes nothing and is not told', async () => {
  const sum = counting(full, 'full');
  const run = sum.run(
    () => [count(1)],
    'test',
    async () => assert.fail('told'),
  );
  await assert.rejects(run, /the disk is full/);
  assert.equal(sum.state, 0);
});

test('where the part bears that, the run goes on without the journal', async () => {
  const borne: unknown[] = [];
  const sum = counting(full, 'full', (error) => void borne.push(error));
  let told = 0;
  await sum.run(
    () => [count(1)],
    'test',
    async (_changes, state) => {
      told = state;
    },
  );
  assert.deepEqual([told, borne.length], [1, 1]);
});
