import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Bargain, bargain, type Replica, type Wish } from '../src/bargain.js';
import { deal, wholeSlots } from '../src/slots.js';

const wish = (unit: string, wants: number, over: Partial<Wish> = {}): Wish => ({
  ...{ unit, weight: 1, minimum: 0, wants, ...over },
});
const slotsOf = ({ slots }: Bargain) => Object.fromEntries(slots);
const total = (numbers: Iterable<number>) => [...numbers].reduce((sum, n) => sum + n, 0);

describe('the bargain', () => {
  it('moves with what units want, and leaves nothing idle', () => {
    const replicas = [{ instance: 'a', capacity: 100 }];
    assert.deepEqual(slotsOf(bargain([wish('busy', 1000), wish('calm', 4)], replicas)), { busy: 85, calm: 5 });
    assert.deepEqual(slotsOf(bargain([wish('busy', 1000), wish('calm', 1000)], replicas)), { busy: 45, calm: 45 });
    assert.deepEqual(slotsOf(bargain([wish('one', 1), wish('other', 1)], replicas)), { one: 45, other: 45 });
  });

  it('keeps minimums, weights and caps', () => {
    const replicas = [{ instance: 'a', capacity: 100 }];
    const wishes = [
      wish('heavy', 1000, { weight: 2 }),
      wish('capped', 1000, { cap: 6 }),
      wish('poor', 1000, { minimum: 40 }),
    ];
    assert.deepEqual(slotsOf(bargain(wishes, replicas)), { heavy: 44, capped: 6, poor: 40 });
  });

  it('a unit at its cap has none where all of it is elsewhere', () => {
    const replicas = ['a', 'b', 'c'].map((instance) => ({ instance, capacity: 10 }));
    const { grants } = bargain([wish('single', 50, { cap: 1 })], replicas);
    assert.deepEqual([...grants.values()].map(({ single }) => single).sort(), [0, 0, 1]);
  });
});

const wishes = fc
  .array(
    fc.record({
      weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
      minimum: fc.nat(10),
      cap: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
      wants: fc.double({ min: 0, max: 100, noNaN: true }),
    }),
    { minLength: 1, maxLength: 15 },
  )
  .map((list) =>
    list.map(({ cap, ...rest }, n): Wish => ({ unit: `u${n}`, ...rest, ...(cap !== undefined && { cap }) })),
  );
const replicas = fc
  .array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 4 })
  .map((list) => list.map((capacity, n): Replica => ({ instance: `r${n}`, capacity })));

describe('the bargain, whatever is wanted', () => {
  it('no grant is above the pool, a replica’s room or a unit’s cap, and all of the pool is granted that may be', () => {
    fc.assert(
      fc.property(wishes, replicas, (list, some) => {
        const { pool, slots, grants } = bargain(list, some);
        const given = total(slots.values());
        assert.ok(given <= pool);
        const most = total(list.map(({ cap }) => Math.min(cap ?? pool, pool)));
        assert.ok(given >= Math.min(pool, most) - 1, `${given} of ${pool} granted, units may have ${most}`);
        for (const { instance, capacity } of some)
          assert.ok(total(Object.values(grants.get(instance) ?? {})) <= capacity);
        for (const { unit, cap } of list) {
          const dealt = total(some.map(({ instance }) => grants.get(instance)?.[unit] ?? 0));
          assert.equal(dealt, slots.get(unit));
          assert.ok(dealt <= (cap ?? pool));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('minimums are kept when they fit', () => {
    fc.assert(
      fc.property(wishes, replicas, (list, some) => {
        const { pool, slots } = bargain(list, some);
        const entitled = (w: Wish) => Math.min(w.minimum, w.cap ?? pool, w.wants);
        if (total(list.map(({ minimum }) => minimum)) > pool) return;
        for (const w of list) assert.ok((slots.get(w.unit) ?? 0) >= Math.floor(entitled(w)), w.unit);
      }),
      { numRuns: 500 },
    );
  });

  it('whole slots keep the sum of fair tasks, and dealing keeps them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 30, noNaN: true }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 4 }),
        (tasks, n) => {
          const slots = wholeSlots(
            tasks,
            tasks.map(() => 1000),
          );
          assert.equal(total(slots), Math.floor(total(tasks) + 1e-9));
          for (const [i, all] of slots.entries())
            assert.ok(all >= Math.floor(tasks[i] ?? 0) && all <= Math.ceil(tasks[i] ?? 0) + 1);
          const rooms = Array.from({ length: n }, () => Math.ceil(total(slots) / n));
          const dealt = deal(slots, rooms);
          for (const [i, all] of slots.entries()) assert.equal(total(dealt.map((row) => row[i] ?? 0)), all);
          for (const [r, row] of dealt.entries()) assert.ok(total(row) <= (rooms[r] ?? 0));
        },
      ),
      { numRuns: 500 },
    );
  });
});
