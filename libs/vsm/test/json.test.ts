import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDeeperThan } from '../src/json.js';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test('how deep JSON is nested is seen without parsing it, whatever stands in its strings', () => {
  const text = fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', 'a', 'Ž') });
  fc.assert(
    fc.property(
      fc.letrec((tie) => ({
        value: fc.oneof({ depthSize: 'small' }, text, tie('list'), tie('record')),
        list: fc.array(tie('value'), { maxLength: 4 }),
        record: fc.dictionary(text, tie('value'), { maxKeys: 4 }),
      })).value,
      fc.boolean(),
      (value, spaced) => {
        const json = JSON.stringify(value, null, spaced ? 2 : 0);
        const depth = depthOf(value);
        assert.equal(isDeeperThan(json, depth), false);
        if (depth > 0) assert.equal(isDeeperThan(json, depth - 1), true);
      },
    ),
    { numRuns: 500 },
  );
});
