import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Intervention } from '@vsmcp/vsm';
import { Accounts, type Situation } from '../../src/performance/account.js';
import { Achievements } from '../../src/performance/performance.js';
import { load } from '../fixtures.js';

function situation(answered: number, failed: number, over: Partial<Situation> = {}): Situation {
  const achievements = new Achievements();
  achievements.measure(load(1000, answered, { dead: failed }));
  const performance = achievements.report(1000, { pool: 10, slots: new Map([['desk', 10]]) });
  return { performance, active: [], unkept: [], pool: 10, ...over };
}

const tell: Intervention = { id: 'i1', unit: 'desk', rung: 'tell', since: 0, because: 'it wants 9 and may run 1' };

test('System 5 hears when the operations come to perform otherwise, and nothing in between', () => {
  const accounts = new Accounts();
  assert.match(accounts.next(situation(100, 0), 0)?.changed[0]?.text ?? '', /^the operations perform good \(100 %\)$/);
  for (const failed of [1, 5, 9, 13, 8]) assert.equal(accounts.next(situation(100, failed), 5000), undefined);
  const worse = accounts.next(situation(100, 30), 10_000);
  assert.match(worse?.changed[0]?.text ?? '', /perform fair \(77 %\), was good/);
  assert.equal(accounts.next(situation(100, 9), 15_000), undefined, 'not far enough beyond the edge');
});

test('System 5 hears what needs a decision: at once, again each minute, and when it no longer does', () => {
  const accounts = new Accounts();
  accounts.next(situation(10, 0), 0);
  const strained = situation(10, 0, { active: [tell] });
  const first = accounts.next(strained, 5000);
  assert.deepEqual(
    first?.needs.map(({ need, unit }) => [need, unit]),
    [['i1', 'desk']],
  );
  assert.match(first?.changed[0]?.text ?? '', /desk: tell begins/);
  for (let s = 10; s < 65; s += 5) assert.equal(accounts.next(strained, s * 1000), undefined);
  assert.equal(accounts.next(strained, 65_000)?.needs.length, 1);
  assert.deepEqual(accounts.next(situation(10, 0), 70_000)?.needs, []);
});

test('minimums that do not fit together need a decision', () => {
  const accounts = new Accounts();
  const said = accounts.next(situation(10, 0, { unkept: ['desk', 'machine'], pool: 9 }), 0);
  assert.equal(said?.needs[0]?.what, 'the minimums of desk, machine are more than the pool of 9');
});
