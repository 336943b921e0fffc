import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ashbyBound, bufferingOf, jointEntropy, shannon } from '@vsmcp/vsm';
import fc from 'fast-check';

const shape = fc.record({ rows: fc.integer({ min: 1, max: 7 }), columns: fc.integer({ min: 1, max: 6 }) });
const grid = (rows: number, columns: number, cell: fc.Arbitrary<number>) =>
  fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows });

test('Ashby’s law holds on any joint table and any table of outcomes', () => {
  const world = shape.chain(({ rows, columns }) =>
    fc.record({ table: grid(rows, columns, fc.nat(50)), outcomes: grid(rows, columns, fc.nat(4)) }),
  );
  fc.assert(
    fc.property(world, ({ table, outcomes }) => {
      const weights = new Map<number, number>();
      table.forEach((row, d) => {
        row.forEach((weight, r) => {
          const outcome = outcomes[d]?.[r] ?? 0;
          weights.set(outcome, (weights.get(outcome) ?? 0) + weight);
        });
      });
      const bound = ashbyBound(jointEntropy(table), bufferingOf(outcomes));
      assert.ok(shannon(weights.values()) >= bound - 1e-9);
    }),
    { numRuns: 500 },
  );
});

test('the bound in ignorance form is H(D) − I(D;R) − K', () => {
  fc.assert(
    fc.property(
      shape.chain(({ rows, columns }) => grid(rows, columns, fc.nat(50))),
      fc.double({ min: 0, max: 3, noNaN: true }),
      (table, buffering) => {
        const of = jointEntropy(table);
        assert.ok(Math.abs(ashbyBound(of, buffering) - Math.max(0, of.disturbance - of.mutual - buffering)) < 1e-9);
      },
    ),
  );
});

test('a response of its own for each disturbance leaves no variety; one response for all leaves all of it', () => {
  const own = jointEntropy([
    [5, 0],
    [0, 5],
  ]);
  assert.equal(ashbyBound(own), 0);
  const same = jointEntropy([[5], [5]]);
  assert.equal(ashbyBound(same), 1);
  assert.equal(same.mutual, 0);
  // … unless the disturbances do the same harm: they are buffered
  assert.equal(ashbyBound(same, bufferingOf([['fine'], ['fine']])), 0);
});
