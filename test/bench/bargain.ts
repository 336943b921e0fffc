import {
  bargain,
  type Common,
  type Replica,
  type UnitDemand,
} from '../../services/system3-control/src/bargaining/bargain.js';
import { grantsOf } from '../../services/system3-control/src/bargaining/grants.js';
import type { Figure } from './support/report.js';

const UNITS = 10_000;
const RUNS = 21;

/**
 * How long System 3 takes to share the pool among 10,000 units anew, beside the least that it could do: sharing it by
 * weight.
 */
export async function bargaining(): Promise<Figure[]> {
  const wishes = Array.from({ length: UNITS }, (_, n): UnitDemand => {
    const mixed = Math.imul(n + 1, 0x9e3779b1) >>> 0;
    return {
      unit: `unit${n}`,
      weight: 1 + (mixed % 5),
      minimum: mixed % 3 === 0 ? 1 : 0,
      cap: mixed % 7 === 0 ? 1 + (mixed % 40) : undefined,
      wants: (mixed % 400) / 10,
      pace: 1,
      needs: undefined,
    };
  });
  const replicas = Array.from({ length: 10 }, (_, n) => ({ instance: `r${n}`, capacity: 10_000 }));
  // concurrency, rate, and something else that is counted
  const common = { rate: 200_000, counted: { seats: 10_000 } };
  const wanting = wishes.map(
    (wish, n): UnitDemand => ({
      ...wish,
      pace: 0.1 + (n % 50) / 10,
      needs: n % 4 === 0 ? { seats: 1 + (n % 3) } : undefined,
    }),
  );
  return [
    {
      what: '10,000 units, 10 replicas: all of it',
      unit: 'ms',
      wanted: '< 20',
      values: timed(() => bargain(wishes, replicas)),
    },
    {
      what: '10,000 units, 10 replicas, three resources: all of it',
      unit: 'ms',
      wanted: '< 20',
      values: timed(() => bargain(wanting, replicas, common)),
    },
    { what: 'the message that says so, to 10 replicas', unit: 'ms', values: timed(sayer(wanting, replicas, common)) },
    { what: '10,000 units by weight alone', unit: 'ms', values: timed(() => byWeight(wishes, 90_000)) },
    { what: '10,000 units put in order by weight', unit: 'ms', values: timed(() => inOrder(wishes)) },
  ];
}

function sayer(wishes: readonly UnitDemand[], replicas: readonly Replica[], common: Common): () => unknown {
  const made = bargain(wishes, replicas, common);
  return () => grantsOf(wishes, replicas, made);
}

function timed(task: () => unknown): number[] {
  for (let n = 0; n < RUNS; n++) task(); // warm
  return Array.from({ length: RUNS }, () => {
    const began = performance.now();
    task();
    return performance.now() - began;
  });
}

function byWeight(wishes: readonly UnitDemand[], pool: number): number[] {
  const all = wishes.reduce((sum, { weight }) => sum + weight, 0);
  return wishes.map(({ weight }) => Math.floor((pool * weight) / all));
}

/** The least that any way of being fair has to do. */
function inOrder(wishes: readonly UnitDemand[]): UnitDemand[] {
  return [...wishes].sort((a, b) => a.wants / a.weight - b.wants / b.weight);
}
