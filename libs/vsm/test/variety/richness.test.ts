import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chao1, frequencies, goodTuringCoverage } from '@vsmcp/vsm';
import fc from 'fast-check';

test('frequencies count what was seen once and twice', () => {
  assert.deepEqual(frequencies([1, 1, 2, 5, 0]), { n: 9, seen: 4, once: 2, twice: 1 });
});

test('bias-corrected Chao1 matches a value worked by hand', () => {
  // n = 9, f1 = 2, f2 = 1: 8/9 · 2·1 / (2·2)
  const { seen, unseen } = chao1([1, 1, 2, 5]);
  assert.equal(seen, 4);
  assert.ok(Math.abs(unseen - 4 / 9) < 1e-12);
});

test('nothing is estimated as unseen when every type came at least twice, and never less than nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 2, max: 100 })), (of) => {
      assert.equal(chao1(of).unseen, 0);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.nat(100)), (of) => {
      assert.ok(chao1(of).unseen >= 0);
    }),
  );
});

test('coverage is 1 without singletons, 0 with nothing else, and falls with each new singleton', () => {
  assert.equal(goodTuringCoverage(frequencies([2, 3])), 1);
  assert.equal(goodTuringCoverage(frequencies([1, 1])), 0);
  assert.equal(goodTuringCoverage(frequencies([])), 0);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (of) => {
      const before = goodTuringCoverage(frequencies(of));
      assert.ok(goodTuringCoverage(frequencies([...of, 1])) <= before);
    }),
  );
});
