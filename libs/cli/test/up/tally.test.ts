import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataOf, Outcome } from '@vsmcp/vsm';
import { Tally, type Waits } from '../../src/up/tally.js';

type Heard = DataOf<typeof Outcome>;
const outcome = (type: string, fate: Heard['outcome'], more: Partial<Heard> = {}): Heard => ({
  event: { source: 'desk', id: 'x', type },
  unit: 'desk',
  outcome: fate,
  instance: 's1-0',
  ...more,
});
const waits = (type: string, events: number, more: Partial<Waits> = {}): Waits => ({
  type,
  events,
  cause: 'unanswered',
  because: 'no response matches it',
  ...more,
});

test('a gap that opens and closes is told in a line each', () => {
  const tally = new Tally(0);
  tally.hear(outcome('file.cron', 'parked'));
  assert.equal(tally.unsure, true);
  assert.deepEqual(tally.notes([waits('file.cron', 1)], 1000), [
    { about: 'file.cron', text: '1 waiting · nothing answers it' },
  ]);
  tally.hear(outcome('file.cron', 'parked'));
  tally.hear(outcome('file.cron', 'parked'));
  assert.deepEqual(tally.notes([waits('file.cron', 3)], 2000), [], 'not a line per event');
  assert.deepEqual(tally.notes([waits('file.cron', 3)], 6000), [
    { about: 'file.cron', text: '3 waiting · nothing answers it' },
  ]);
  for (let i = 0; i < 3; i++) tally.hear(outcome('file.cron', 'answered'));
  assert.deepEqual(tally.notes([], 6500), [{ about: 'file.cron', text: '3 answered · 0 waiting' }]);
  assert.equal(tally.unsure, false);
});

test('what waits for its guard or its server says so', () => {
  const tally = new Tally(0);
  tally.hear(outcome('file.deadline', 'parked'));
  const guard = waits('file.deadline', 1, { cause: 'guard', because: 'its guard does not hold' });
  assert.deepEqual(tally.notes([guard], 0), [{ about: 'file.deadline', text: '1 waiting · its guard does not hold' }]);
});

test('what waited before is no news, its answer is', () => {
  const tally = new Tally(0);
  tally.begin([waits('file.cron', 2)]);
  assert.equal(tally.unsure, false);
  tally.hear(outcome('file.cron', 'answered'));
  tally.hear(outcome('file.cron', 'answered'));
  assert.deepEqual(tally.notes([], 10), [{ about: 'file.cron', text: '2 answered · 0 waiting' }]);
});

test('the routine is summed up now and then', () => {
  const tally = new Tally(0);
  for (let i = 0; i < 40; i++) tally.hear(outcome('host.load', i % 5 === 0 ? 'answered' : 'attenuated'));
  for (let i = 0; i < 3; i++) tally.hear(outcome('file.ok', 'noted'));
  assert.equal(tally.unsure, false);
  assert.deepEqual(tally.notes([], 5000), []);
  assert.deepEqual(tally.notes([], 15_000), [
    { about: 'routine', text: '8 answered, 32 attenuated, 3 noted (host.load 40, file.ok 3)' },
  ]);
  assert.deepEqual(tally.notes([], 60_000), []);
});

test('ends that are no answers are told with their reason, alike ones together', () => {
  const tally = new Tally(0);
  tally.hear(outcome('file.js', 'refused', { reason: 'no-strangers-code' }));
  tally.hear(outcome('file.md', 'dead', { reason: 'the disk is full' }));
  tally.hear(outcome('file.md', 'dead', { reason: 'the disk is full' }));
  assert.deepEqual(tally.notes([], 100), [
    { about: 'file.js', text: 'refused: no-strangers-code' },
    { about: 'file.md', text: '2 dead: the disk is full' },
  ]);
});
