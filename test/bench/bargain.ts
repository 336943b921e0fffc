import { bargain, type Wish } from '../../services/system3-control/src/bargain.js';
import { fairTasks } from '../../services/system3-control/src/fairness.js';
import type { Figure } from './support/report.js';

const UNITS = 10_000;
const RUNS = 21;

/** How long System 3 takes to share the pool among 10,000 units anew, beside the least that it could do: sharing it by weight. */
export async function bargaining(): Promise<Figure[]> {
  const wishes = Array.from({ length: UNITS }, (_, n): Wish => {
    const mixed = Math.imul(n + 1, 0x9e3779b1) >>> 0;
    const cap = mixed % 7 === 0 ? { cap: 1 + (mixed % 40) } : {};
    return {
      unit: `unit${n}`,
      weight: 1 + (mixed % 5),
      minimum: mixed % 3 === 0 ? 1 : 0,
      wants: (mixed % 400) / 10,
      ...cap,
    };
  });
  const replicas = Array.from({ length: 10 }, (_, n) => ({ instance: `r${n}`, capacity: 10_000 }));
  // concurrency, rate, and something else that is counted: a unit of each task's needs
  const bargainers = wishes.map(({ weight, minimum, wants }, n) => ({
    ...{ weight, minimum, most: wants },
    needs: [1, 0.1 + (n % 50) / 10, n % 4],
  }));
  return [
    {
      what: '10,000 units, 10 replicas: all of it',
      unit: 'ms',
      wanted: '< 20',
      values: timed(() => bargain(wishes, replicas)),
    },
    {
      what: '10,000 units, three resources: fair tasks',
      unit: 'ms',
      values: timed(() => fairTasks(bargainers, [90_000, 200_000, 100_000])),
    },
    { what: '10,000 units by weight alone', unit: 'ms', values: timed(() => byWeight(wishes, 90_000)) },
  ];
}

function timed(task: () => unknown): number[] {
  for (let n = 0; n < RUNS; n++) task(); // warm
  return Array.from({ length: RUNS }, () => {
    const began = performance.now();
    task();
    return performance.now() - began;
  });
}

function byWeight(wishes: readonly Wish[], pool: number): number[] {
  const all = wishes.reduce((sum, { weight }) => sum + weight, 0);
  return wishes.map(({ weight }) => Math.floor((pool * weight) / all));
}
