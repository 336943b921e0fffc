import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chanceOf, draw } from '../../src/lab/chance.js';
import { arrivals, numbered } from '../../src/lab/day/arrivals.js';
import { Step } from '../../src/lab/day/schema.js';

const HOUR = 3_600_000;
const times = (step: unknown, seed = 1, end = HOUR) =>
  [...arrivals(Step.parse(step), end, chanceOf(seed)('test'))].map(({ at }) => at);

test('a step happens once, every so often until its end, or so many times', () => {
  assert.deepEqual(times({ at: '5s', publish: 'a' }), [5000]);
  assert.deepEqual(times({ at: '1s', every: '2s', until: '5s', publish: 'a' }), [1000, 3000, 5000]);
  assert.deepEqual(times({ at: '1s', every: '2s', times: 2, publish: 'a' }), [1000, 3000]);
  assert.deepEqual(times({ at: '2h', publish: 'a' }), []);
});

test('arrivals by chance are ordered, within their time, and repeated by their seed', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), fc.nat(1800), (seed, perMinute, from) => {
      for (const how of [
        { rate: `${perMinute}/m`, until: '50m' },
        { burst: perMinute, over: '10m' },
      ]) {
        const step = { at: `${from}s`, ...how, publish: 'a' };
        const all = times(step, seed);
        assert.deepEqual(
          all,
          [...all].sort((a, b) => a - b),
        );
        assert.ok(all.every((at) => at >= from * 1000 && at <= HOUR));
        assert.deepEqual(times(step, seed), all);
      }
    }),
    { numRuns: 30 },
  );
});

test('a rate is what arrives in the mean: within five standard deviations of a Poisson count', () => {
  const mean = 60 * 60;
  assert.ok(Math.abs(times({ rate: '60/m', publish: 'a' }).length - mean) < 5 * Math.sqrt(mean));
});

test('a log-normal time has the median and 99th percentile that were asked for', () => {
  const random = chanceOf(3)('times');
  const drawn = Array.from({ length: 20_000 }, () => draw({ median: 100, p99: 1000 }, random)).sort((a, b) => a - b);
  const [median = 0, p99 = 0] = [drawn[10_000], drawn[19_800]];
  assert.ok(Math.abs(median - 100) < 5, `${median}`);
  assert.ok(Math.abs(p99 - 1000) < 120, `${p99}`);
});

test('streams of one seed are independent of how much others draw', () => {
  const [a, b] = [chanceOf(1), chanceOf(1)];
  a('other')();
  assert.equal(a('mine')(), b('mine')());
  assert.notEqual(chanceOf(1)('mine')(), chanceOf(2)('mine')());
});

test('%n is the number of the event wherever it stands', () => {
  assert.deepEqual(numbered({ a: ['x-%n', { b: '%n%n' }], c: 1 }, 4), { a: ['x-4', { b: '44' }], c: 1 });
});

test('a step that contradicts itself is refused', () => {
  for (const step of [
    { every: '1s', rate: '1/m', publish: 'a' },
    { every: 0, publish: 'a' },
    { over: '1s', publish: 'a' },
    { until: '1s', publish: 'a' },
    { publish: 'a', acknowledge: 'all' },
    { publish: 'Not A Type' },
    { rate: 'often', publish: 'a' },
  ]) {
    assert.equal(Step.safeParse(step).success, false, JSON.stringify(step));
  }
});
