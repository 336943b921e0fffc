import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '@vsmcp/service';
import fc from 'fast-check';
import { paced } from '../src/pace.js';

test('the first asking is answered at once, those while it runs and rests by one run more', async () => {
  const clock = manualClock(0);
  const runs: number[] = [];
  const { soon, stop } = paced(clock, async () => void runs.push(clock.now()));
  soon(0);
  await clock.advance(0);
  for (let n = 0; n < 5; n++) soon(0);
  await clock.advance(1000);
  assert.deepEqual(runs, [0, 300]);
  soon(5000);
  soon(100);
  await clock.advance(10_000);
  assert.deepEqual(runs, [0, 300, 1100], 'the earlier asking counts, and stands for the later');
  soon(0);
  stop();
  await clock.advance(10_000);
  assert.equal(runs.length, 3);
});

test('what takes long is done seldom: at most about a twentieth of the time, however often it is asked for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 5 }), async (takes) => {
      const clock = manualClock(0);
      const runs: { from: number; to: number }[] = [];
      const { soon } = paced(clock, async () => {
        const from = clock.now();
        const ms = takes[runs.length % takes.length] ?? 0;
        await new Promise<void>((resolve) => void clock.after(ms, resolve));
        runs.push({ from, to: clock.now() });
      });
      for (let n = 0; n < 300; n++) {
        soon(0);
        await clock.advance(100);
      }
      assert.ok(runs.length > 0);
      for (const [n, { from }] of runs.entries()) {
        const before = runs[n - 1];
        if (before) assert.ok(from - before.to >= Math.max(300, 20 * (before.to - before.from)));
      }
    }),
    { numRuns: 30 },
  );
});
