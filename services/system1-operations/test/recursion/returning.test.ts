import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutcomeRecord } from '../../src/deciding/outcome.js';
import { absence, patience, resultAbove } from '../../src/recursion/returning.js';

const said = (more: Partial<OutcomeRecord>): OutcomeRecord => ({
  event: { source: '/s', id: 'e', type: 'shop.sale' },
  unit: 'till',
  outcome: 'answered',
  instance: 's1-x',
  ...more,
});

test('what ended below has ended here, with its tool and result', () => {
  const fate = resultAbove('west', 'vsm.west', said({ tool: 'every.echo', result: { a: 1 }, calling: 3, took: 9 }));
  const carried = { tool: 'every.echo', result: { a: 1 }, calling: 3 };
  assert.deepEqual(fate, { unit: 'west', outcome: 'answered', below: 'vsm.west', ...carried });
  const shed = resultAbove('west', 'vsm.west', said({ outcome: 'shed', reason: 'too much' }));
  assert.deepEqual(shed, { unit: 'west', outcome: 'shed', below: 'vsm.west', reason: 'vsm.west: too much' });
});

test('what waits below waits here, as no gap of this fleet, whatever it waits for there', () => {
  for (const cause of ['unanswered', 'wanted', 'guard', 'unavailable', 'below'] as const) {
    const fate = resultAbove('west', 'vsm.west', said({ outcome: 'parked', cause, reason: 'because' }));
    const reason = 'waits in vsm.west: because';
    assert.deepEqual(fate, { unit: 'west', outcome: 'parked', cause: 'below', below: 'vsm.west', reason });
  }
  assert.equal(resultAbove('west', 'p', said({ outcome: 'parked' })).reason, 'waits in p');
});

test('what failed or is in doubt below is so here, and says where', () => {
  for (const outcome of ['dead', 'doubt', 'asked'] as const) {
    const fate = resultAbove('west', 'vsm.west', said({ outcome, reason: 'it broke' }));
    assert.deepEqual([fate.outcome, fate.reason, fate.cause], [outcome, 'vsm.west: it broke', undefined]);
  }
});

test('each time it goes down its outcome is waited for longer, to a bound', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 50].map(patience), [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
});

test('while the broker below is away it is tried soon, and then less and less often', () => {
  assert.deepEqual([1, 2, 5, 9, 10, 60].map(absence), [1000, 2000, 16_000, 256_000, 300_000, 300_000]);
});
