import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Distinct, WindowedCounter } from '@vsmcp/vsm';
import fc from 'fast-check';

test('with room for all names it equals counting the events of the window one by one', () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    count: fc.integer({ min: 1, max: 5 }),
    wait: fc.nat(40),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const counter = new WindowedCounter({ window: 100, buckets: 10, most: 8, now: 0 });
      const log: { name: string; count: number; at: number }[] = [];
      let now = 0;
      for (const { name, count, wait } of steps) {
        now += wait;
        counter.add(name, count, now);
        log.push({ name, count, at: now });
      }
      const read = counter.read(now);
      const expected = new Map<string, number>();
      for (const { name, count, at } of log) if (at >= read.from) expected.set(name, (expected.get(name) ?? 0) + count);
      assert.deepEqual(new Map([...read.counts].sort()), new Map([...expected].sort()));
      assert.equal(
        read.total,
        [...expected.values()].reduce((a, b) => a + b, 0),
      );
      assert.equal(read.others.events, 0);
    }),
  );
});

test('with more names than places the total stays exact, kept names stay exact, the rest is summed', () => {
  const counter = new WindowedCounter({ window: 1000, buckets: 4, most: 100, now: 0 });
  for (let i = 0; i < 100_000; i++) counter.add(`kind-${i}`, 1, 10);
  const read = counter.read(20);
  assert.equal(read.total, 100_000);
  assert.equal(read.counts.size, 100);
  assert.equal(read.others.events, 99_900);
  assert.ok(Math.abs(read.others.names - 99_900) < 0.02 * 99_900, `${read.others.names}`);
});

test('places fall free when the window has moved on', () => {
  const counter = new WindowedCounter({ window: 100, buckets: 10, most: 1, now: 0 });
  counter.add('early', 3, 0);
  counter.add('late', 2, 5);
  assert.equal(counter.read(5).others.events, 2);
  counter.addAll([['late', 7]], 205);
  assert.deepEqual([...counter.read(205).counts], [['late', 7]]);
  assert.equal(counter.read(205).others.events, 0);
  assert.equal(counter.read(1000).total, 0);
});

test('distinct names are estimated within two percent, however often each came', () => {
  for (const names of [10, 1000, 50_000]) {
    const distinct = new Distinct();
    for (let i = 0; i < names * 2; i++) distinct.add(`file.kind${i % names}`);
    assert.ok(Math.abs(distinct.estimate() - names) <= Math.max(1, 0.02 * names), `${names}: ${distinct.estimate()}`);
  }
});
