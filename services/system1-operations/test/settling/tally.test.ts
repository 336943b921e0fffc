import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutcomeKind } from '@vsmcp/vsm';
import fc from 'fast-check';
import { MOST_TYPES, Tally } from '../../src/settling/tally.js';

test('nothing happened: nothing to report', () => {
  assert.equal(new Tally().take(), undefined);
});

test('what was taken is not told again', () => {
  const tally = new Tally();
  tally.received('desk');
  tally.outcome('desk', 'file.md', 'answered');
  tally.call('memory.write', 12, false);
  tally.spent('desk', 15);
  const figures = tally.take();
  assert.deepEqual(figures?.units, { desk: { received: 1, outcomes: { answered: 1 }, busy: 15 } });
  assert.deepEqual(figures?.tools, { 'memory.write': { calls: 1, errors: 0, ms: 12 } });
  assert.equal(tally.take(), undefined);
});

test('property: totals are exact, however many types there are', () => {
  const outcome = fc.constantFrom<OutcomeKind>('answered', 'noted', 'parked');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(400), outcome), { maxLength: 600 }), (events) => {
      const tally = new Tally();
      for (const [type, kind] of events) tally.outcome('', `t${type}`, kind);
      const figures = tally.take();
      const told = [...Object.values(figures?.types ?? {}), figures?.others.outcomes ?? {}];
      const sum = told.flatMap((counts) => Object.values(counts)).reduce((a, b) => a + b, 0);
      assert.equal(sum, events.length);
      assert.ok(Object.keys(figures?.types ?? {}).length <= MOST_TYPES);
    }),
    { numRuns: 30 },
  );
});

test('a claim without an answer is told, though nothing else happened', () => {
  const tally = new Tally();
  tally.uncoordinated();
  assert.equal(tally.take()?.uncoordinated, 1);
  assert.equal(tally.take(), undefined);
});
