import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterFailure } from '../../src/up/restarts.js';

const policy = { most: 3, within: 10_000, first: 100, longest: 350 };

test('the wait grows with each failure up to its limit, then the child is given up', () => {
  let failures: readonly number[] = [];
  const fates = [0, 1000, 2000, 3000].map((now) => {
    const fate = afterFailure(failures, now, policy);
    failures = fate.failures;
    return fate.fate === 'restart' ? fate.after : fate.fate;
  });
  assert.deepEqual(fates, [100, 200, 350, 'give up']);
});

test('failures that are far apart are forgotten', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 3400, max: 100_000 }), { maxLength: 50 }), (gaps) => {
      let now = 0;
      let failures: readonly number[] = [];
      for (const gap of gaps) {
        now += gap;
        const fate = afterFailure(failures, now, policy);
        failures = fate.failures;
        assert.equal(fate.fate, 'restart');
      }
    }),
  );
});
