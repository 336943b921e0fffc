import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAll } from '../support/run-all.mjs';
import { openSchedule } from '../support/schedule.mjs';

const costs = new Map([
  ['waits', { wall: 100, cpu: 10 }],
  ['computes', { wall: 50, cpu: 75 }],
  ['both', { wall: 40, cpu: 40 }],
  ['short', { wall: 1, cpu: 1 }],
]);

test('the slowest begin first, and as many as the processors can serve', () => {
  const schedule = openSchedule(['short', 'both', 'computes', 'waits'], costs, { processors: 2, width: 4 });
  assert.equal(schedule.next(), 'waits');
  assert.equal(schedule.next(), 'computes', '0.1 and 1.5 of two processors');
  assert.equal(schedule.next(), undefined, 'another that computes has to wait');
  schedule.ended('computes');
  assert.equal(schedule.next(), 'both');
  schedule.ended('waits');
  assert.equal(schedule.next(), 'short');
  assert.equal(schedule.next(), undefined);
});

test('no more than the width run, and one that wants more than there is runs alone', () => {
  const narrow = openSchedule(['waits', 'short'], costs, { processors: 2, width: 1 });
  assert.equal(narrow.next(), 'waits');
  assert.equal(narrow.next(), undefined);
  const small = openSchedule(['computes', 'short', 'new'], costs, { processors: 1, width: 4 });
  assert.equal(small.next(), 'computes');
  assert.equal(small.next(), undefined);
});

test('each file runs once, and the output of one is not mixed with that of another', async () => {
  let out = '';
  const ends = new Map();
  const run = (file, print) =>
    new Promise((resolve) => {
      print(`${file} begins\n`);
      ends.set(file, () => {
        print(`${file} ends\n`);
        resolve(file);
      });
    });
  const schedule = openSchedule(['waits', 'computes', 'both'], costs, { processors: 2, width: 2 });
  const whole = runAll(schedule, run, (text) => {
    out += text;
  });
  const end = async (file) => {
    while (!ends.has(file)) await new Promise((resolve) => setImmediate(resolve));
    ends.get(file)();
  };
  for (const file of ['computes', 'both', 'waits']) await end(file);
  assert.deepEqual(await whole, ['computes', 'both', 'waits']);
  const shown = (file) => `\n── ${file}\n${file} begins\n${file} ends\n`;
  assert.equal(out, ['waits', 'computes', 'both'].map(shown).join(''));
});
