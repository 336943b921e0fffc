import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  afterFailure,
  boundedResult,
  delayFor,
  type Failure,
  MAX_RESULT_BYTES,
  type OutcomeRecord,
  outcomeId,
  textOf,
} from '../../src/deciding/outcome.js';

const record: OutcomeRecord = {
  event: { source: '/a', id: '1', type: 'file.md' },
  unit: 'desk',
  outcome: 'answered',
  attempts: 1,
  instance: 's1-a',
};

test('the same outcome has the same id, whoever says it; another has another', () => {
  assert.equal(outcomeId(record), outcomeId({ ...record, instance: 's1-b', took: 5 }));
  for (const other of [{ attempts: 2 }, { unit: 'x' }, { outcome: 'dead' as const }]) {
    assert.notEqual(outcomeId(record), outcomeId({ ...record, ...other }));
  }
  const event = { ...record.event, id: '2' };
  assert.notEqual(outcomeId(record), outcomeId({ ...record, event }));
});

test('a repeatable call is retried three times, then dead', () => {
  assert.deepEqual(afterFailure('lost', true, undefined, 0), { next: 'retry', delay: '1s' });
  assert.deepEqual(afterFailure('error', true, undefined, 1), { next: 'retry', delay: '5s' });
  assert.deepEqual(afterFailure('lost', true, undefined, 2), { next: 'retry', delay: '30s' });
  assert.deepEqual(afterFailure('lost', true, undefined, 3), { next: 'dead' });
});

test('a call that must not happen twice: in doubt when lost, dead when the tool says so, retried only on the response’s word', () => {
  assert.deepEqual(afterFailure('lost', false, 5, 0), { next: 'doubt' });
  assert.deepEqual(afterFailure('error', false, undefined, 0), { next: 'dead' });
  assert.deepEqual(afterFailure('error', false, 1, 0), { next: 'retry', delay: '1s' });
});

test('property: what may have happened and must not happen twice is never called again', () => {
  const failure = fc.constantFrom<Failure>('unsent', 'error', 'lost');
  const retries = fc.option(fc.nat(10), { nil: undefined });
  fc.assert(
    fc.property(failure, fc.boolean(), retries, fc.nat(12), (how, repeatable, most, attempts) => {
      const { next } = afterFailure(how, repeatable, most, attempts);
      if (how === 'lost' && !repeatable) assert.equal(next, 'doubt');
      if (next === 'doubt') assert.ok(how === 'lost' && !repeatable);
      if (attempts >= (most ?? 3)) assert.notEqual(next, 'retry');
    }),
  );
});

test('a result within the bound stays; a larger one is cut and says so', () => {
  const small = { content: [{ type: 'text', text: 'hello' }] };
  assert.equal(boundedResult(small), small);
  const cut = boundedResult({ content: [{ type: 'text', text: 'x'.repeat(MAX_RESULT_BYTES) }] });
  assert.ok(JSON.stringify(cut).length < MAX_RESULT_BYTES);
  assert.match(JSON.stringify(cut), /the answer had/);
  assert.equal(
    textOf({ content: [{ type: 'text', text: 'a' }, { type: 'image' }, { type: 'text', text: 'b' }] }),
    'a\nb',
  );
  assert.equal(textOf(undefined), '');
});

test('the delay is the shortest that is long enough', () => {
  assert.deepEqual([0, 1000, 1001, 30_000, 30_001].map(delayFor), ['1s', '1s', '5s', '30s', '5m']);
});

test('a result that is nested too deep to be written or read is cut and says so', () => {
  for (const depth of [70, 20_000]) {
    let deep: unknown = 'x';
    for (let n = 0; n < depth; n++) deep = [deep];
    const cut = boundedResult({ content: [{ type: 'text', text: 'hello' }], structuredContent: { deep } });
    assert.equal(textOf(cut), 'hello');
    assert.match(JSON.stringify(cut), /nested deeper than 56/);
  }
});
