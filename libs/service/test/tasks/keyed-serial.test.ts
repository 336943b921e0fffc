import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedSerial } from '../../src/index.js';

test('tasks of one key run one after another, those of two side by side; a failure stops nobody', async () => {
  const turns = new KeyedSerial();
  const said: string[] = [];
  const task =
    (name: string, fails = false) =>
    async () => {
      said.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      said.push(`${name} ends`);
      if (fails) throw new Error(name);
    };
  const all = Promise.allSettled([
    turns.run('a', task('a0', true)),
    turns.run('a', task('a1')),
    turns.run('b', task('b0')),
  ]);
  assert.equal(turns.waiting, 1);
  const results = await all;
  assert.equal(turns.waiting, 0);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled'],
  );
  assert.deepEqual(
    said.filter((text) => text.startsWith('a')),
    ['a0 begins', 'a0 ends', 'a1 begins', 'a1 ends'],
  );
  assert.ok(said.indexOf('b0 begins') < said.indexOf('a0 ends'));
});
