import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bargain, type Replica, type UnitDemand } from '../../src/bargaining/bargain.js';
import { grantsOf } from '../../src/bargaining/grants.js';

const total = (numbers: Iterable<number | null>) => [...numbers].reduce((sum: number, n) => sum + (n ?? 0), 0);

test('property: what the replicas are told is never more than there is, of slots and of the rate, and bound units are named everywhere', () => {
  const demand = fc.record({
    weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
    cap: fc.integer({ min: 1, max: 60 }),
    wants: fc.double({ min: 0, max: 100, noNaN: true }),
    pace: fc.double({ min: 0.1, max: 100, noNaN: true }),
    seats: fc.nat(2),
  });
  fc.assert(
    fc.property(
      fc.array(demand, { minLength: 1, maxLength: 15 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 }),
      fc.double({ min: 1, max: 500, noNaN: true }),
      (list, capacities, rate) => {
        const demands = list.map(
          ({ seats, ...rest }, i): UnitDemand => ({
            unit: `u${i}`,
            minimum: 0,
            ...rest,
            ...(seats > 0 && { needs: { seats } }),
          }),
        );
        const replicas = capacities.map((capacity, r): Replica => ({ instance: `r${r}`, capacity }));
        const made = bargain(demands, replicas, { rate, counted: { seats: 8 } });
        const { units, replicas: columns, rates = {} } = grantsOf(demands, replicas, made);
        assert.deepEqual(
          units,
          demands.map(({ unit }) => unit),
        );
        assert.ok(total(Object.values(columns).map(total)) <= made.pool);
        assert.ok(total(Object.values(rates).map(({ units: each }) => total(each))) <= rate);
        const all = total(Object.values(rates).map((one) => one.all));
        assert.ok(all <= rate * (1 + 1e-9) && all >= rate - 0.1, `${all} of ${rate}`);
        for (const { instance, capacity } of replicas) {
          assert.ok(total(columns[instance] ?? []) <= capacity);
          assert.ok(total(rates[instance]?.units ?? []) <= (rates[instance]?.all ?? 0));
          for (const [i, { needs }] of demands.entries()) if (needs) assert.notEqual(columns[instance]?.[i], null);
        }
      },
    ),
    { numRuns: 300 },
  );
});
