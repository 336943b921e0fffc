import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pass, passUntil, unpaced } from '../../src/lab/drive.js';
import { quiet } from '../../src/lab/quiet.js';
import { virtualClock } from '../../src/lab/virtual-clock.js';

test('what falls due runs in the order of its time, then of its planning, and what was called off does not', () => {
  const clock = virtualClock(1000);
  const ran: string[] = [];
  clock.after(20, () => ran.push(`late at ${clock.now()}`));
  clock.after(10, () => ran.push('first'));
  clock.after(10, () => ran.push('second'));
  const off = clock.after(10, () => ran.push('never'));
  const stop = clock.every(15, () => {
    ran.push('tick');
    stop();
  });
  off();
  assert.equal(clock.step(2000), true);
  assert.deepEqual(ran, ['first', 'second']);
  while (clock.step(2000));
  assert.deepEqual(ran, ['first', 'second', 'tick', 'late at 1020']);
  assert.equal(clock.now(), 2000);
});

test('one that calls another off at the same instant is obeyed', () => {
  const clock = virtualClock(0);
  const ran: string[] = [];
  let off = () => {};
  clock.after(5, () => off());
  off = clock.after(5, () => ran.push('called off'));
  clock.step(10);
  assert.deepEqual(ran, []);
});

test('time passes only when nothing is left to do', async () => {
  const clock = virtualClock(0);
  const seen: number[] = [];
  const turns = async (n: number) => {
    for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve));
    seen.push(clock.now());
  };
  clock.after(100, () => void turns(50));
  clock.after(101, () => void turns(1));
  await pass(clock, 1000, unpaced);
  assert.deepEqual(seen, [100, 101]);
});

test('a file that is being read holds time back', async () => {
  const { readFile } = await import('node:fs/promises');
  let read = false;
  void readFile(new URL(import.meta.url)).then(() => {
    read = true;
  });
  await quiet();
  assert.equal(read, true);
});

test('a task has as much time as it needs, and no more', async () => {
  const clock = virtualClock(0);
  clock.every(7, () => {});
  const task = new Promise<string>((resolve) => clock.after(50, () => resolve('done')));
  assert.equal(await passUntil(clock, task), 'done');
  assert.equal(clock.now(), 50);
  await assert.rejects(passUntil(clock, Promise.reject(new Error('no'))), /no/);
});
