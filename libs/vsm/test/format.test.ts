import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, count, duration, percent, some } from '../src/index.js';

test('a share is rounded, and is the whole only when it is', () => {
  const said = [0, 0.004, 0.005, 0.295, 0.994, 0.9999, 1, 1.5, null].map(percent);
  assert.deepEqual(said, ['0 %', '0 %', '1 %', '30 %', '99 %', '99 %', '100 %', '150 %', '–']);
});

test('a duration has the unit that reads best, to a tenth below ten', () => {
  const said = [-5, 0, 0.2, 150, 999.4, 999.6, 5249, 12_345, 119_999, 120_000, 7_199_999, 7_200_000, 30 * 3_600_000];
  assert.deepEqual(said.map(duration), [
    ...['0 s', '0 s', '0 ms', '150 ms', '999 ms', '1 s', '5.2 s', '12 s', '120 s'],
    ...['2 min', '120 min', '2 h', '30 h'],
  ]);
  assert.equal(duration(3.5 * 86_400_000), '3.5 d');
  assert.equal(duration(Number.NaN), '0 s');
});

test('a time since then is in whole seconds, and never in the future', () => {
  assert.deepEqual([ago(0, 400), ago(0, 3400), ago(0, 360_000), ago(5000, 0)], ['0 s', '3 s', '6 min', '0 s']);
});

test('counts and lists', () => {
  assert.deepEqual([count(1, 'event'), count(2, 'event')], ['1 event', '2 events']);
  assert.deepEqual(
    [count(1, 'kind waits', 'kinds wait'), count(0, 'kind waits', 'kinds wait')],
    ['1 kind waits', '0 kinds wait'],
  );
  assert.equal(some(['a', 'b', 'c'], 3), 'a, b, c');
  assert.equal(some(['a', 'b', 'c', 'd'], 2), 'a, b and 2 more');
});
