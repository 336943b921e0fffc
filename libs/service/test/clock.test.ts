import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../src/index.js';

test('a manual clock runs what falls due, in the order of its time', async () => {
  const clock = manualClock(1000);
  const ran: string[] = [];
  clock.after(30, () => ran.push(`once ${clock.now()}`));
  const stop = clock.every(20, () => ran.push(`every ${clock.now()}`));
  clock.after(10, () => clock.after(5, () => ran.push(`nested ${clock.now()}`)));
  const cancel = clock.after(1, () => ran.push('cancelled'));
  cancel();
  await clock.advance(45);
  stop();
  await clock.advance(100);
  assert.deepEqual(ran, ['nested 1015', 'every 1020', 'once 1030', 'every 1040']);
  assert.equal(clock.now(), 1145);
});
