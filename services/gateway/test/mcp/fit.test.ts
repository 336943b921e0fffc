import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fit } from '../../src/mcp/fit.js';

const size = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

test('what fits is left as it is; what is cut fits, keeps its shape, and says how', () => {
  const value = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 3 }), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(value, fc.integer({ min: 50, max: 400 }), (given, most) => {
      const fitted = fit(given, most);
      if (size(given) <= most) assert.deepEqual(fitted, { value: given });
      else if (fitted) {
        assert.ok(size(fitted.value) <= most);
        assert.deepEqual(Object.keys(fitted.value), Object.keys(given));
        assert.match(fitted.cut ?? '', /ask with a filter or a lower limit/);
      }
    }),
  );
});

test('an object with too many names cannot be cut', () => {
  const given = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`name-${n}`, n]));
  assert.equal(fit(given, 500), undefined);
});
