/**
 * Event accounting and gap analysis on one core, beside a plain Map in the same run. Figures are printed, not asserted.
 * Run: node --import tsx -C source libs/vsm/bench/variety.ts
 */
import { availableParallelism, cpus } from 'node:os';
import { varietyInStates, WindowedCounter } from '@vsmcp/vsm';

const EVENTS = 5_000_000;
const TYPES = Array.from({ length: 1000 }, (_, i) => `file.kind-${i}`);
const ROUNDS = 5;

function seconds(task: () => void): number {
  const began = process.hrtime.bigint();
  task();
  return Number(process.hrtime.bigint() - began) / 1e9;
}

/** Events a second, the median of the rounds. */
function rate(task: () => void): number {
  const rounds = Array.from({ length: ROUNDS }, () => EVENTS / seconds(task)).sort((a, b) => a - b);
  return rounds[ROUNDS >> 1] ?? 0;
}

const type = (i: number): string => TYPES[Math.imul(i, 0x9e3779b1) >>> 22] ?? TYPES[0] ?? '';

const plain = rate(() => {
  const counts = new Map<string, number>();
  for (let i = 0; i < EVENTS; i++) {
    const name = type(i);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
});
const counter = new WindowedCounter({ window: 60_000, buckets: 12, most: 10_000, now: 0 });
let now = 0;
const single = rate(() => {
  for (let i = 0; i < EVENTS; i++) {
    now += 0.001;
    counter.add(type(i), 1, now);
  }
});
const batched = rate(() => {
  // frames of 1,000 events arrive as counts per type: here 100 events of each of 10 types
  for (let i = 0; i < EVENTS; i += 100) {
    now += 0.1;
    counter.add(type(i), 100, now);
  }
});

const analyses: number[] = [];
for (let i = 0; i < 2000; i++) {
  analyses.push(
    1000 *
      seconds(() => {
        const read = counter.read(now);
        const fates = [...read.counts.values()].map((events) => ({ events, absorbed: events >> 1 }));
        varietyInStates(fates, { types: 0, events: 0, absorbed: 0 });
      }),
  );
}
analyses.sort((a, b) => a - b);

const million = (n: number): string => `${(n / 1e6).toFixed(1)} million events/s`;
process.stdout.write(
  [
    `machine           ${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, Node ${process.versions.node}`,
    `plain Map         ${million(plain)}`,
    `windowed counter  ${million(single)} (${(single / plain).toFixed(2)} × the Map)`,
    `in batches of 100 ${million(batched)}`,
    `analysis of 1,000 types: p50 ${analyses[1000]?.toFixed(3)} ms, p99 ${analyses[1980]?.toFixed(3)} ms`,
    '',
  ].join('\n'),
);
