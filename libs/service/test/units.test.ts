import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unit, type UnitRow, type Units } from '@vsmcp/vsm';
import fc from 'fast-check';
import { changedUnit, markOf, reconcileUnits } from '../src/index.js';

const unit = (weight: number): Unit => Unit.parse({ weight });

/** Units by name, as the rows stand after a history of files that were read and live changes. */
function after(steps: readonly Step[]): Map<string, UnitRow> {
  const rows = new Map<string, UnitRow>();
  const put = (name: string, row: UnitRow | undefined) => (row === undefined ? rows.delete(name) : rows.set(name, row));
  for (const step of steps) {
    if ('file' in step) for (const [name, row] of reconcileUnits(rows.values(), step.file)) put(name, row);
    else put(step.name, changedUnit(step.name, rows.get(step.name), step.unit));
  }
  return rows;
}
type Step = { file: Units } | { name: string; unit: Unit | null };

const weights = (rows: ReadonlyMap<string, UnitRow>) =>
  Object.fromEntries([...rows].flatMap(([name, row]) => (row.unit === null ? [] : [[name, row.unit.weight]])));

test('what is changed live holds until the file says something else', () => {
  const file = { a: unit(1), b: unit(1) };
  const live = { name: 'a', unit: unit(2) };
  assert.deepEqual(weights(after([{ file }, live, { file }])), { a: 2, b: 1 });
  assert.deepEqual(weights(after([{ file }, live, { file: { ...file, a: unit(3) } }])), { a: 3, b: 1 });
  assert.deepEqual(weights(after([{ file }, live, { file: { b: unit(1) } }])), { b: 1 });
});

test('what is removed live stays away until the file says something else; what was added live stays', () => {
  const file = { a: unit(1) };
  const gone = { name: 'a', unit: null };
  assert.deepEqual(weights(after([{ file }, gone, { file }])), {});
  assert.deepEqual(weights(after([{ file }, gone, { file: { a: unit(2) } }])), { a: 2 });
  const added = { name: 'new', unit: unit(5) };
  assert.deepEqual(weights(after([{ file }, added, { file: {} }])), { new: 5 });
  assert.deepEqual(weights(after([{ file }, added, { name: 'new', unit: null }])), { a: 1 });
});

test('the order of keys is no change', () => {
  assert.equal(markOf(Unit.parse({ weight: 1, minimum: 2 })), markOf(Unit.parse({ minimum: 2, weight: 1 })));
});

// A new key of a unit with a default would change it, and undo live changes at the first start of a new version.
test('the mark of a unit stays what rows of earlier versions hold', () => {
  assert.equal(markOf(Unit.parse({ weight: 1, minimum: 2 })), '2mbSYVwedLwUu4UREUhTBxBlmXwGMK_rluxkBG3Ak6Y');
});

test('property: the same file read twice changes nothing the second time, whatever happened before', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const some = fc.integer({ min: 1, max: 3 }).map(unit);
  const file = fc.dictionary(name, some).map((units): Step => ({ file: units }));
  const live = fc.record({ name, unit: fc.option(some) });
  fc.assert(
    fc.property(fc.array(fc.oneof(file, live)), fc.dictionary(name, some), (steps, last) => {
      const rows = after([...steps, { file: last }]);
      assert.equal(reconcileUnits(rows.values(), last).size, 0);
    }),
  );
});
