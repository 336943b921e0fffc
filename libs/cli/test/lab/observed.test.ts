import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf } from '../../src/lab/figures.js';
import { Observed } from '../../src/lab/observed.js';

test('answers to what its own tools caused are work in vain, and no answers to the world', () => {
  const observed = new Observed();
  const answered = (id: string) =>
    observed.outcome(
      { event: { source: '/world', id, type: 'notice.stale' }, unit: 'tidy', outcome: 'answered', instance: 's1-a' },
      100,
    );
  for (const id of ['a', 'b']) observed.publish(id, 0, false);
  for (const id of ['c', 'd', 'e']) observed.publish(id, 0, true);
  for (const id of ['a', 'c', 'd']) answered(id);
  const figures = figuresOf(observed, [], 0);
  assert.equal(figures.published, 5);
  assert.deepEqual(figures.caused, { events: 3, answered: 2 });
  assert.equal(figures.answered, 0.5, 'of the two that the world published, one');
  assert.equal(figures.latency?.events, 1);
});
