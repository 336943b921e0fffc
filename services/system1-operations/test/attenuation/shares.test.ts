import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bulkhead } from '../../src/attenuation/bulkhead.js';
import { maxMinShares } from '../../src/attenuation/shares.js';

test('shares follow weights, caps leave their rest to the others, minimums come first', () => {
  const want = { weight: 1, minimum: 0, wants: 100 };
  assert.deepEqual(maxMinShares([want, want], 100), [50, 50]);
  assert.deepEqual(maxMinShares([want, { ...want, weight: 3 }], 100), [25, 75]);
  assert.deepEqual(maxMinShares([{ ...want, cap: 10 }, want], 100), [10, 90]);
  assert.deepEqual(maxMinShares([{ ...want, wants: 20 }, want, want], 100), [20, 40, 40]);
  assert.deepEqual(maxMinShares([{ ...want, minimum: 80 }, want], 100), [80, 20]);
  assert.deepEqual(maxMinShares([], 100), []);
});

test('property: never above the capacity, never above what is wanted or the cap, and nothing is left while somebody wants more', () => {
  const demand = fc.record({
    weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
    minimum: fc.nat(20),
    cap: fc.integer({ min: 1, max: 100 }),
    wants: fc.nat(100),
  });
  fc.assert(
    fc.property(
      fc.array(demand, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 200 }),
      (demands, capacity) => {
        const shares = maxMinShares(demands, capacity);
        const total = shares.reduce((sum, share) => sum + share, 0);
        const most = demands.map((d) => Math.min(d.cap, d.wants));
        const wanted = most.reduce((sum, m) => sum + m, 0);
        assert.ok(total <= capacity + 1e-6);
        for (const [i, share] of shares.entries()) assert.ok(share <= (most[i] ?? 0) + 1e-6 && share >= 0);
        assert.ok(Math.abs(total - Math.min(capacity, wanted)) < 1e-6);
      },
    ),
  );
});

test('given one busy unit, when another comes, then there is room for it, and the first gives way as its operations end', () => {
  const bulkhead = new Bulkhead(100, () => ({ weight: 1, minimum: 0 }));
  const leave: (() => void)[] = [];
  for (let n = 0; n < 200; n++) {
    const out = bulkhead.enter('slow', n % 2 ? 'a' : 'b', 0);
    if (out) leave.push(out);
  }
  assert.equal(leave.length, 90);
  assert.ok(bulkhead.enter('quick', 'a', 10));
  assert.equal(bulkhead.enter('slow', 'a', 100), undefined);
  for (const out of leave.splice(0, 50)) out();
  let again = 0;
  while (bulkhead.enter('slow', again % 2 ? 'a' : 'b', 200)) again++;
  assert.equal(again, 5, 'up to its share of 45');
});

test('a server that hangs leaves the unit room for its other servers', () => {
  const bulkhead = new Bulkhead(100, () => ({ weight: 1, minimum: 0 }));
  let hanging = 0;
  while (bulkhead.enter('desk', 'hanging', 0)) hanging++;
  assert.equal(hanging, 72);
  assert.ok(bulkhead.enter('desk', 'well', 0));
});

test('a capacity of one still works, for one after the other', () => {
  const bulkhead = new Bulkhead(1, () => ({ weight: 1, minimum: 0 }));
  const out = bulkhead.enter('a', 's', 0);
  assert.ok(out);
  assert.equal(bulkhead.enter('b', 's', 0), undefined);
  out();
  assert.ok(bulkhead.enter('b', 's', 100));
});

test('what System 3 granted counts while it lasts; after that the replica shares by itself again', () => {
  const bulkhead = new Bulkhead(100, () => ({ weight: 1, minimum: 0 }));
  const fill = (unit: string, now: number) => {
    const out: (() => void)[] = [];
    for (let n = 0; n < 200; n++) {
      const leave = bulkhead.enter(unit, `server${n % 5}`, now);
      if (leave) out.push(leave);
    }
    for (const leave of out) leave();
    return out.length;
  };
  assert.equal(fill('a', 0), 90);
  bulkhead.grant(
    new Map([
      ['a', 70],
      ['elsewhere', 0],
    ]),
    1000,
  );
  assert.deepEqual([fill('a', 10), fill('elsewhere', 10), fill('new', 20)], [70, 0, 20]);
  // three units by now, each with its part of what the replica shares by itself
  assert.deepEqual([fill('a', 1000), fill('elsewhere', 1000), fill('new', 1000)], [30, 30, 30]);
});

test('whatever was granted, no more runs than the replica can', () => {
  const bulkhead = new Bulkhead(10, () => ({ weight: 1, minimum: 0 }));
  bulkhead.grant(new Map([['a', 50]]), 1000);
  let running = 0;
  while (bulkhead.enter('a', `server${running}`, 0)) running++;
  assert.equal(running, 10);
});
