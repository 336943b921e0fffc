import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bits, chaoShen, shannon } from '@vsmcp/vsm';
import fc from 'fast-check';

function said(bits: Bits): { value: number; low: number; high: number } {
  assert.ok(!('unknown' in bits), 'unknown' in bits ? bits.unknown : '');
  return bits;
}

test('too few to say below 20 events or a coverage of one half', () => {
  assert.match(JSON.stringify(chaoShen([10, 9])), /19 events/);
  assert.match(JSON.stringify(chaoShen([9, ...new Array<number>(11).fill(1)])), /11 of 20 events/);
  assert.ok(!('unknown' in chaoShen([10, ...new Array<number>(10).fill(1)])));
});

test('without singletons nothing is unseen, and what the weights add is small', () => {
  const counts = [500, 300, 200];
  assert.ok(Math.abs(said(chaoShen(counts)).value - shannon(counts)) < 1e-6);
});

test('the interval holds the value; more of the same makes it narrower', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 2, max: 60 }), { minLength: 3, maxLength: 30 }), (counts) => {
      fc.pre(counts.reduce((a, b) => a + b) >= 20 && new Set(counts).size > 1);
      const once = said(chaoShen(counts));
      assert.ok(once.low <= once.value && once.value <= once.high);
      const more = said(chaoShen(counts.map((c) => c * 100)));
      assert.ok(more.high - more.low <= once.high - once.low + 1e-9);
    }),
  );
});

test('the one-pass jackknife equals leaving out every event in turn', () => {
  const plain = (counts: number[]): number => {
    const n = counts.reduce((a, b) => a + b, 0);
    const coverage = 1 - counts.filter((c) => c === 1).length / n;
    return counts
      .filter((c) => c > 0)
      .reduce((bits, c) => {
        const share = (coverage * c) / n;
        return bits - (share * Math.log2(share)) / (1 - (1 - share) ** n);
      }, 0);
  };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 5, maxLength: 12 }), (counts) => {
      const n = counts.reduce((a, b) => a + b, 0);
      const bits = chaoShen(counts);
      if ('unknown' in bits) return;
      const without = counts.flatMap((c, i) => new Array<number>(c).fill(plain(counts.with(i, c - 1))));
      const mean = without.reduce((a, b) => a + b, 0) / n;
      const error = Math.sqrt(((n - 1) / n) * without.reduce((a, b) => a + (b - mean) ** 2, 0));
      assert.ok(Math.abs(bits.value - plain(counts)) < 1e-9);
      assert.ok(Math.abs(bits.high - bits.value - 1.959964 * error) < 1e-6);
    }),
  );
});

test('on a known source it comes nearer than the plain entropy', () => {
  // 64 equally likely types, 96 draws by a fixed linear congruential generator: 6 bits is the truth
  let state = 7;
  const counts = new Array<number>(64).fill(0);
  for (let i = 0; i < 96; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const type = Math.floor((state / 2 ** 32) * 64);
    counts[type] = (counts[type] ?? 0) + 1;
  }
  const estimate = said(chaoShen(counts)).value;
  assert.ok(Math.abs(estimate - 6) < Math.abs(shannon(counts) - 6));
});
