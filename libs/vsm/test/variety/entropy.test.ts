import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shannon } from '@vsmcp/vsm';
import fc from 'fast-check';

const counts = fc.array(fc.nat(1000), { maxLength: 40 });

test('entropy lies between 0 and log2 of the types, which it reaches when all are alike', () => {
  fc.assert(
    fc.property(counts, (of) => {
      const types = of.filter((c) => c > 0).length;
      const bits = shannon(of);
      assert.ok(bits >= 0 && bits <= Math.log2(Math.max(1, types)) + 1e-9);
    }),
  );
  assert.ok(Math.abs(shannon([7, 7, 7, 7]) - 2) < 1e-12);
  assert.equal(shannon([]), 0);
  assert.equal(shannon([5]), 0);
});

test('order and scale of the weights do not matter', () => {
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 50 }), (of, factor) => {
      const bits = shannon(of);
      assert.ok(Math.abs(bits - shannon(of.toReversed())) < 1e-9);
      assert.ok(Math.abs(bits - shannon(of.map((c) => c * factor))) < 1e-9);
    }),
  );
});
