import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Bargain, bargain, isBound, type Replica, type UnitDemand } from '../../src/bargaining/bargain.js';
import { deal, wholeSlots } from '../../src/bargaining/slots.js';

const demand = (unit: string, wants: number, over: Partial<UnitDemand> = {}): UnitDemand => ({
  unit,
  weight: 1,
  minimum: 0,
  wants,
  ...over,
});
const slotsOf = (demands: readonly UnitDemand[], { slots }: Bargain) =>
  Object.fromEntries(demands.map(({ unit }, i) => [unit, slots[i]]));
const total = (numbers: Iterable<number>) => [...numbers].reduce((sum, n) => sum + n, 0);
const share = (demands: UnitDemand[], capacity = 100) =>
  slotsOf(demands, bargain(demands, [{ instance: 'a', capacity }]));

describe('the bargain', () => {
  it('moves with what units want, and leaves nothing idle', () => {
    assert.deepEqual(share([demand('busy', 1000), demand('calm', 4)]), { busy: 85, calm: 5 });
    assert.deepEqual(share([demand('busy', 1000), demand('calm', 1000)]), { busy: 45, calm: 45 });
    assert.deepEqual(share([demand('one', 1), demand('other', 1)]), { one: 45, other: 45 });
  });

  it('keeps minimums, weights and caps', () => {
    const demands = [
      demand('heavy', 1000, { weight: 2 }),
      demand('capped', 1000, { cap: 6 }),
      demand('poor', 1000, { minimum: 40 }),
    ];
    assert.deepEqual(share(demands), { heavy: 44, capped: 6, poor: 40 });
  });

  it('a unit at its cap has none where all of it is elsewhere', () => {
    const list = [demand('single', 50, { cap: 1 })];
    const { dealt } = bargain(
      list,
      ['a', 'b', 'c'].map((instance) => ({ instance, capacity: 10 })),
    );
    assert.deepEqual(dealt.map(([single]) => single).sort(), [0, 0, 1]);
    assert.equal(isBound(list[0] as UnitDemand, 1), true);
  });

  it('a rate is shared by what counts most for each: quick units by the rate, slow ones by operations at the same time', () => {
    const demands = [demand('quick', 50, { pace: 100 }), demand('slow', 500, { pace: 0.1 })];
    const { slots, rates, scarce } = bargain(demands, [{ instance: 'a', capacity: 100 }], { rate: 1000 });
    // 900 a second are bargained for, and 90 at the same time; both have 10/11 of what counts most for them
    assert.ok(Math.abs((rates[0] ?? 0) - (900 * 10) / 11) < 1, `${rates}`);
    assert.deepEqual([...slots], [8, 82]);
    assert.deepEqual(scarce, ['operations']);
  });

  it('counted resources bound who needs them, and those who come away empty have their turn', () => {
    const demands = ['a', 'b', 'c'].map((unit) => demand(unit, 5, { needs: { seats: 1 } }));
    const replicas = [{ instance: 'r', capacity: 100 }];
    const held = new Float64Array(3);
    let credit: Float64Array | undefined;
    for (let round = 0; round < 30; round++) {
      const next: Bargain = bargain([...demands, demand('free', 5)], replicas, { counted: { seats: 2 } }, credit);
      credit = next.credit;
      assert.ok(total(next.slots.subarray(0, 3)) <= 2);
      assert.equal(next.slots[3], 88);
      assert.deepEqual(next.scarce, ['seats']);
      for (let i = 0; i < 3; i++) held[i] = (held[i] ?? 0) + (next.slots[i] ?? 0);
    }
    assert.ok(Math.min(...held) >= 15, `${held}`);
  });
});

const demands = fc
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
    list.map(({ cap, ...rest }, n): UnitDemand => ({ unit: `u${n}`, ...rest, ...(cap !== undefined && { cap }) })),
  );
const replicas = fc
  .array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 4 })
  .map((list) => list.map((capacity, n): Replica => ({ instance: `r${n}`, capacity })));

describe('the bargain, whatever is wanted', () => {
  it('no grant is above the pool, a replica’s room or a unit’s cap, and all of the pool is granted that may be', () => {
    fc.assert(
      fc.property(demands, replicas, (list, some) => {
        const { pool, slots, dealt } = bargain(list, some);
        const given = total(slots);
        assert.ok(given <= pool);
        const most = total(list.map(({ cap }) => Math.min(cap ?? pool, pool)));
        assert.ok(given >= Math.min(pool, most) - 1, `${given} of ${pool} granted, units may have ${most}`);
        for (const [r, { capacity }] of some.entries()) assert.ok(total(dealt[r] ?? []) <= capacity);
        for (const [i, { cap }] of list.entries()) {
          const sum = total(dealt.map((row) => row[i] ?? 0));
          assert.equal(sum, slots[i]);
          assert.ok(sum <= (cap ?? pool));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('neither the rate nor a counted resource is ever granted beyond what there is', () => {
    const common = fc.record({
      rate: fc.option(fc.double({ min: 0.5, max: 500, noNaN: true }), { nil: undefined }),
      counted: fc.record({ seats: fc.integer({ min: 1, max: 30 }) }),
    });
    const needs = fc.array(fc.record({ pace: fc.double({ min: 0.01, max: 100, noNaN: true }), seats: fc.nat(3) }));
    fc.assert(
      fc.property(demands, replicas, common, needs, (list, some, { rate, counted }, extra) => {
        const wanting = list.map((one, i): UnitDemand => {
          const { pace = 1, seats = 0 } = extra[i] ?? {};
          return { ...one, pace, ...(seats > 0 && { needs: { seats } }) };
        });
        const { slots, rates, parts, pool } = bargain(wanting, some, { counted, ...(rate !== undefined && { rate }) });
        assert.ok(total(slots) <= pool);
        assert.ok(total(rates) <= (rate ?? 0) * (1 + 1e-9));
        assert.ok(pool === 0 || Math.abs(total(parts) - 1) <= 1e-6);
        assert.ok(total(wanting.map((one, i) => (one.needs?.seats ?? 0) * (slots[i] ?? 0))) <= counted.seats);
      }),
      { numRuns: 500 },
    );
  });

  it('minimums are kept when they fit', () => {
    fc.assert(
      fc.property(demands, replicas, (list, some) => {
        const { pool, slots } = bargain(list, some);
        const entitled = (w: UnitDemand) => Math.min(w.minimum, w.cap ?? pool, w.wants);
        if (total(list.map(({ minimum }) => minimum)) > pool) return;
        for (const [i, w] of list.entries()) assert.ok((slots[i] ?? 0) >= Math.floor(entitled(w)), w.unit);
      }),
      { numRuns: 500 },
    );
  });

  it('lets neither of two units that differ only in their wants envy the other more than a slot', () => {
    fc.assert(
      fc.property(demands, replicas, fc.double({ min: 0, max: 100, noNaN: true }), (list, some, wants) => {
        const [one] = list;
        if (one === undefined) return;
        const { slots } = bargain([...list, { ...one, unit: 'twin', wants }], some);
        const [mine, theirs] = [slots[0] ?? 0, slots[list.length] ?? 0];
        // The one that has less has all that it wants.
        if (mine < theirs - 1) assert.ok(mine >= Math.floor(one.wants), `${mine} of ${one.wants}, beside ${theirs}`);
        if (theirs < mine - 1) assert.ok(theirs >= Math.floor(wants), `${theirs} of ${wants}, beside ${mine}`);
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
          const slots = wholeSlots(Float64Array.from(tasks), new Float64Array(tasks.length).fill(1000));
          assert.equal(total(slots), Math.floor(total(tasks) + 1e-9));
          for (const [i, all] of slots.entries())
            assert.ok(all >= Math.floor(tasks[i] ?? 0) && all <= Math.ceil(tasks[i] ?? 0) + 1);
          const rooms = Uint32Array.from({ length: n }, () => Math.ceil(total(slots) / n));
          const dealt = deal(slots, rooms);
          for (const [i, all] of slots.entries()) assert.equal(total(dealt.map((row) => row[i] ?? 0)), all);
          for (const [r, row] of dealt.entries()) assert.ok(total(row) <= (rooms[r] ?? 0));
        },
      ),
      { numRuns: 500 },
    );
  });
});
