import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '@vsmcp/service';
import { costAwareMemo } from '../../src/control/cost-aware-memo.js';

test('an answer serves all who ask while it is found, and for twenty times as long as that took', async () => {
  const clock = manualClock(0);
  let found = 0;
  const ask = costAwareMemo(clock, async (limit: number) => {
    found++;
    await new Promise<void>((resolve) => void clock.after(100, resolve));
    return limit;
  });
  const both = [ask(1), ask(1), ask(2)];
  await clock.advance(100);
  assert.deepEqual(await Promise.all(both), [1, 1, 2]);
  assert.equal(found, 2);
  await clock.advance(1999);
  assert.equal(await ask(1), 1);
  assert.equal(found, 2);
  await clock.advance(1);
  const again = ask(1);
  await clock.advance(100);
  await again;
  assert.equal(found, 3);
});

test('a failure is nobody else’s answer', async () => {
  const clock = manualClock(0);
  let found = 0;
  const ask = costAwareMemo(clock, async (_: string) => {
    if (found++ === 0) throw new Error('the database is away');
    return found;
  });
  await assert.rejects(ask('x'), /away/);
  assert.equal(await ask('x'), 2);
});
