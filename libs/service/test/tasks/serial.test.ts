import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serial } from '../../src/index.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Tasks that say when they begin and end. */
function telling() {
  const said: string[] = [];
  const task =
    (name: string, fails = false) =>
    async (): Promise<string> => {
      said.push(`${name} begins`);
      await turn();
      said.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
  return { said, task };
}

test('tasks run one after the other, and each asker has its own result', async () => {
  const { said, task } = telling();
  const run = serial();
  assert.deepEqual(await Promise.all([run(task('a')), run(task('b'))]), ['a', 'b']);
  assert.deepEqual(said, ['a begins', 'a ends', 'b begins', 'b ends']);
});

test('a failure goes to its asker, and the next task runs all the same', async () => {
  const { task } = telling();
  const run = serial();
  const thrown = run(() => {
    throw new Error('at once');
  });
  const [first, second, third] = await Promise.allSettled([thrown, run(task('rejected', true)), run(task('next'))]);
  assert.ok(first.status === 'rejected' && /at once/.test(String(first.reason)));
  assert.ok(second.status === 'rejected' && /rejected/.test(String(second.reason)));
  assert.deepEqual(third, { status: 'fulfilled', value: 'next' });
});

test('idle waits for what is given while it waits, and does not reject', async () => {
  const { said, task } = telling();
  const run = serial();
  const late = run(task('first', true)).catch(() => run(task('given by the first')));
  await run.idle();
  assert.deepEqual(said, ['first begins', 'first ends', 'given by the first begins', 'given by the first ends']);
  await late;
  await run.idle();
});
