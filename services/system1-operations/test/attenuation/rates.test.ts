import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bulkhead } from '../../src/attenuation/bulkhead.js';
import { Rates } from '../../src/attenuation/rates.js';

/** How many operations of the unit begin from `from` to `to` (ms), when one is tried each millisecond. */
function begun(rates: Rates, unit: string, from: number, to: number): number {
  let n = 0;
  for (let now = from; now < to; now++) if (rates.take(unit, now)) n++;
  return n;
}

test('units begin as many operations a second as was granted; those that are not named share the rest', () => {
  const rates = new Rates(100, 0);
  rates.grant(['desk', 'machine'], { all: 20, units: [10, 5] }, 60_000, 0);
  assert.ok(Math.abs(begun(rates, 'desk', 0, 10_000) - 100) <= 2);
  assert.ok(
    Math.abs(begun(rates, 'machine', 10_000, 20_000) - 55) <= 2,
    'and what was saved up, at most a second of it',
  );
  assert.ok(Math.abs(begun(rates, 'new', 20_000, 30_000) - 55) <= 2);
});

test('a lease that lapses leaves the replica its part of the rate, for all units together', () => {
  const rates = new Rates(100, 0);
  rates.grant(['desk'], { all: 20, units: [1] }, 1000, 0);
  begun(rates, 'desk', 0, 1000);
  let n = 0;
  for (let now = 2000; now < 12_000; now++) for (const unit of ['desk', 'new']) if (rates.take(unit, now)) n++;
  assert.ok(Math.abs(n - 219) <= 2, `${n}`);
});

test('before System 3 has said anything a replica begins with a tenth', () => {
  assert.ok(Math.abs(begun(new Rates(100, 0), 'desk', 0, 10_000) - 110) <= 1);
});

test('property: however often it is granted anew, a unit never begins more than its rate and a second of it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }), (list) => {
      const rates = new Rates(100, 0);
      let n = 0;
      for (const [s, rate] of list.entries()) {
        rates.grant(['desk'], { all: 100, units: [rate] }, s * 1000 + 5000, s * 1000);
        n += begun(rates, 'desk', s * 1000, s * 1000 + 1000);
      }
      const all = list.reduce((sum, rate) => sum + rate, 0);
      assert.ok(n <= all + Math.max(...list), `${n} of ${all}`);
    }),
    { numRuns: 50 },
  );
});

test('who is past the rate is turned away like who is past its share, and one that was in before is not counted again', () => {
  const rates = new Rates(10, 0);
  const bulkhead = new Bulkhead(100, () => ({ weight: 1, minimum: 0 }), rates);
  const out = bulkhead.enter('desk', 'server', 0);
  assert.ok(out);
  assert.equal(bulkhead.enter('desk', 'server', 1), undefined);
  out();
  assert.ok(bulkhead.enter('desk', 'server', 2, true));
  assert.ok(bulkhead.enter('desk', 'server', 1100));
});
