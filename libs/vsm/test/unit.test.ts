import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallResponse, Unit, UnitRow } from '../src/index.js';

const step = { call: 'bank.refund', with: {} };
/** The word of vsmcp.yaml, which the linter takes for a promise's. */
const THEN = 'then';
const accepted = (call: string, then: readonly object[]) => CallResponse.safeParse({ call, [THEN]: then }).success;

test('then: two to five steps in all', () => {
  const of = (more: number) => accepted('bank.look', Array(more).fill(step));
  assert.deepEqual([of(1), of(4), of(5)], [true, true, false]);
});

test('a person is asked first, and never in between', () => {
  assert.ok(accepted('person', [step]));
  assert.ok(!accepted('bank.look', [{ call: 'person' }]));
  assert.ok(!accepted('persona', []));
});

test('a unit reads the same out of its row as out of vsmcp.yaml', () => {
  const unit = Unit.parse({
    absorbs: 'a.#',
    responses: { 'a.b': { call: 'bank.look', claims: '=data.name', deadline: '3s', latest: '1m', priority: 9 } },
    silence: { 'a.c': '1h' },
    queue: 10,
    breaker: { wait: '2s' },
    deadline: '5s',
    retries: 1,
  });
  const row = UnitRow.parse(JSON.parse(JSON.stringify({ name: 'a', unit })));
  assert.deepEqual(row.unit, unit);
});
