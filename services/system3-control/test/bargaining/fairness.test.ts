import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fairTasks as fairColumns } from '../../src/bargaining/fairness.js';

interface Bargainer {
  needs: number[];
  weight: number;
  minimum: number;
  most: number;
}

const columnsOf = (list: readonly Bargainer[]) => ({
  needs: Float64Array.from(list.flatMap(({ needs }) => needs)),
  weight: Float64Array.from(list, ({ weight }) => weight),
  minimum: Float64Array.from(list, ({ minimum }) => minimum),
  most: Float64Array.from(list, ({ most }) => most),
});
const fairTasks = (list: readonly Bargainer[], pools: readonly number[]): number[] => [
  ...fairColumns(columnsOf(list), Float64Array.from(pools)).tasks,
];
const bargainer = (over: Partial<Bargainer> = {}): Bargainer => ({
  needs: [1],
  weight: 1,
  minimum: 0,
  most: Number.POSITIVE_INFINITY,
  ...over,
});
const near = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));

describe('fair tasks', () => {
  it('as in the paper: 9 processors and 18 GB, tasks of <1, 4> and <3, 1>', () => {
    const [a, b] = fairTasks([bargainer({ needs: [1, 4] }), bargainer({ needs: [3, 1] })], [9, 18]);
    assert.ok(near(a ?? 0, 3) && near(b ?? 0, 2), `${a} and ${b}`);
  });

  it('is weighted max-min with one resource', () => {
    const units = [bargainer({ most: 1 }), bargainer({ weight: 2 }), bargainer({ minimum: 4 }), bargainer()];
    assert.deepEqual(
      fairTasks(units, [14]).map(Math.round),
      [1, 5, 4, 4].map((n, i) => [1, 6, 4, 3][i] ?? n),
    );
  });

  it('minimums that do not fit together shrink alike', () => {
    const units = [bargainer({ minimum: 10 }), bargainer({ minimum: 30 }), bargainer()];
    assert.deepEqual(
      fairTasks(units, [20]).map((n) => Math.round(n * 1000) / 1000),
      [5, 15, 0],
    );
  });
});

describe('used-up resources', () => {
  it('is said of each resource', () => {
    const list = [bargainer({ needs: [1, 0.1] }), bargainer({ needs: [1, 2], most: 3 })];
    assert.deepEqual(fairColumns(columnsOf(list), Float64Array.of(10, 100)).full, [true, false]);
    assert.deepEqual(fairColumns(columnsOf(list.slice(1)), Float64Array.of(10, 100)).full, [false, false]);
  });
});

const RESOURCES = 3;
const unit = fc.record({
  needs: fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 10, noNaN: true })), {
    minLength: RESOURCES,
    maxLength: RESOURCES,
  }),
  weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
  minimum: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 20 })),
  most: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 100 })),
});
const units = fc.array(
  unit.filter(({ needs }) => needs.some((n) => n > 0)),
  { minLength: 1, maxLength: 12 },
);
const pools = fc.array(fc.double({ min: 1, max: 200, noNaN: true }), { minLength: RESOURCES, maxLength: RESOURCES });

interface Bargained {
  units: readonly Bargainer[];
  pools: readonly number[];
  tasks: readonly number[];
  taken: readonly number[];
  /** All minimums fit. */
  kept: boolean;
}

function holds(property: (bargained: Bargained) => void): void {
  const taken = (list: readonly Bargainer[], amounts: readonly number[]) =>
    Array.from({ length: RESOURCES }, (_, r) =>
      list.reduce((sum, { needs }, i) => sum + (needs[r] ?? 0) * (amounts[i] ?? 0), 0),
    );
  fc.assert(
    fc.property(units, pools, (list, some) => {
      const tasks = fairTasks(list, some);
      const minimums = taken(
        list,
        list.map(({ minimum, most }) => Math.min(minimum, most)),
      );
      const kept = minimums.every((sum, r) => sum <= (some[r] ?? 0));
      property({ units: list, pools: some, tasks, taken: taken(list, tasks), kept });
    }),
    { numRuns: 1000 },
  );
}

describe('fair tasks, whatever is bargained for', () => {
  it('never gives out more than there is of a resource, nor more to a unit than it can use', () => {
    holds(({ units: list, pools: some, tasks, taken }) => {
      for (const [r, sum] of taken.entries()) assert.ok(sum <= (some[r] ?? 0), `resource ${r}: ${sum} of ${some[r]}`);
      for (const [i, n] of tasks.entries()) assert.ok(n >= 0 && n <= (list[i]?.most ?? 0));
    });
  });

  it('minimums are kept when they fit', () => {
    holds(({ units: list, tasks, kept }) => {
      if (!kept) return;
      for (const [i, { minimum, most }] of list.entries())
        assert.ok((tasks[i] ?? 0) >= Math.min(minimum, most) * (1 - 1e-9), `unit ${i}`);
    });
  });

  it('nothing is left that a unit could use (Pareto-efficient)', () => {
    holds(({ units: list, pools: some, tasks, taken }) => {
      for (const [i, { needs, most }] of list.entries()) {
        const sated = near(tasks[i] ?? 0, most);
        const blocked = needs.some((need, r) => need > 0 && near(taken[r] ?? 0, some[r] ?? 0));
        assert.ok(sated || blocked, `unit ${i} has ${tasks[i]} and could have more`);
      }
    });
  });

  it('nobody would rather have what another has, weight for weight, beyond that one’s minimum (no envy)', () => {
    holds(({ units: list, tasks, kept }) => {
      if (!kept) return;
      for (const [i, mine] of list.entries()) {
        for (const [j, theirs] of list.entries()) {
          const given = tasks[j] ?? 0;
          if (given <= Math.min(theirs.minimum, theirs.most) * (1 + 1e-9)) continue;
          const share = mine.weight / theirs.weight;
          const of = (r: number) => ((theirs.needs[r] ?? 0) * given * share) / (mine.needs[r] ?? 1);
          const withTheirs = Math.min(...mine.needs.flatMap((need, r) => (need > 0 ? [of(r)] : [])), mine.most);
          assert.ok(
            withTheirs <= (tasks[i] ?? 0) * (1 + 1e-6) + 1e-9,
            `${i} envies ${j}: ${withTheirs} over ${tasks[i]}`,
          );
        }
      }
    });
  });
});
