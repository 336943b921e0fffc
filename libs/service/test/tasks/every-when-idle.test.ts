import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everyWhenIdle, manualClock } from '../../src/index.js';

/** A log that keeps its lines. */
function lines() {
  const kept: string[] = [];
  const line = (level: string) => (_fields: object, message: string) => void kept.push(`${level} ${message}`);
  return { kept, log: { warn: line('warn'), error: line('error') } };
}

test('a task that takes longer than its period is not run a second time beside itself', async () => {
  const clock = manualClock();
  let begun = 0;
  let end = () => {};
  const stop = everyWhenIdle(
    { clock, log: lines().log },
    100,
    () => {
      begun++;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    },
    'not done',
  );
  await clock.advance(350);
  assert.equal(begun, 1);
  end();
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(100);
  assert.equal(begun, 2);
  end();
  await stop();
});

test('a failure is logged with its reason, and the task runs again when it is due next', async () => {
  const clock = manualClock();
  const { kept, log } = lines();
  const tasks = [
    async () => assert.fail('once'),
    () => {
      throw new Error('twice');
    },
    async () => {},
  ];
  const stop = everyWhenIdle({ clock, log }, 100, () => tasks.shift()?.() ?? Promise.resolve(), 'not done', 'warn');
  await clock.advance(300);
  assert.deepEqual(kept, ['warn not done: once', 'warn not done: twice']);
  assert.equal(tasks.length, 0);
  await stop();
});

test('stop waits for the task that is under way, and none begins after it', async () => {
  const clock = manualClock();
  let end = () => {};
  let begun = 0;
  const task = () => {
    begun++;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  };
  const stop = everyWhenIdle({ clock, log: lines().log }, 100, task, 'not done');
  await clock.advance(100);
  let stopped = false;
  const stopping = stop().then(() => {
    stopped = true;
  });
  await clock.advance(200);
  assert.equal(stopped, false);
  end();
  await stopping;
  assert.equal(begun, 1);
});
