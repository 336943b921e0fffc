import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runScenario } from './scenarios.js';

const OPENS = 10;

test('what needs a server that is closed waits until it opens, is not lost, and then keeps to its rate', async () => {
  const { observed } = await runScenario('opening-hours');
  const absorbed = observed.minutes.map((minute) => minute.absorbed);
  assert.deepEqual(
    absorbed.slice(0, OPENS).filter((n) => n > 0),
    [],
    'nothing while it is closed',
  );
  const [first = 0, second = 0] = absorbed.slice(OPENS);
  assert.ok(first > 22 && first <= 30, `${first} in its first minute`);
  assert.ok(first + second > 46, `${second} in its second`);
  assert.deepEqual(observed.fates, { answered: 50 });
});
