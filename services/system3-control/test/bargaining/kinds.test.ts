import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Kinds, varietyFactor } from '../../src/bargaining/kinds.js';
import { load } from '../fixtures.js';

const said = (types: Record<string, object>, unit = 'desk') => ({
  ...load(1000, 0),
  types,
  owners: Object.fromEntries(Object.keys(types).map((type) => [type, unit])),
});

test('a unit that meets more kinds of events than it can answer weighs more, until it can', () => {
  const kinds = new Kinds();
  kinds.load(said({ 'file.md': { answered: 3 }, 'file.txt': { noted: 1 }, 'file.csv': { parked: 9 } }), 1000);
  assert.deepEqual(kinds.of('desk', 2000), { met: 3, answered: 2 });
  assert.equal(varietyFactor(kinds.of('desk', 2000)), 1.5);
  kinds.load(said({ 'file.csv': { answered: 9 } }), 3000);
  assert.equal(varietyFactor(kinds.of('desk', 4000)), 1);
  kinds.load(said({ 'file.csv': { parked: 1 } }), 5000);
  assert.equal(varietyFactor(kinds.of('desk', 6000)), 1.5);
});

test('kinds are forgotten, those of other units do not count, and there are bounds', () => {
  const kinds = new Kinds();
  kinds.load(said({ 'file.csv': { parked: 1 } }), 0);
  kinds.load(said({ 'host.load': { answered: 1 } }, 'machine'), 0);
  assert.deepEqual(kinds.of('machine', 0), { met: 1, answered: 1 });
  assert.deepEqual(kinds.of('desk', 300_001), { met: 0, answered: 0 });
  for (let n = 0; n < 2000; n++) kinds.load(said({ [`file.t${n}`]: { answered: 1 } }), 0);
  assert.equal(kinds.of('desk', 0).met, 1000);
  fc.assert(
    fc.property(fc.nat(100), fc.nat(100), (met, answered) => {
      const factor = varietyFactor({ met: met + answered, answered });
      assert.ok(factor >= 1 && factor <= 2);
      assert.equal(factor === 1, met === 0);
    }),
  );
});
