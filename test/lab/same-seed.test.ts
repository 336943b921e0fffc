import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyJournal } from '@vsmcp/service';
import { digestOf } from '../../libs/cli/src/lab/lab.js';
import { runScenario } from './scenarios.js';

test('two runs with one seed give identical journals, and another seed another', async () => {
  const first = await runScenario('day', 7);
  const second = await runScenario('day', 7);
  const other = await runScenario('day', 8);
  assert.deepEqual(second.journal, first.journal);
  assert.equal(digestOf(second), digestOf(first));
  assert.deepEqual(second.observed.latencies, first.observed.latencies);
  assert.notEqual(digestOf(other), digestOf(first));
  // and they are about something: acquired, damped, hurt, and in an unbroken chain
  const types = new Set(first.journal.map(({ type }) => type));
  for (const type of ['acquire.judged', 'capability.ready', 'loop.damped', 'alert.raised', 'alert.acknowledged']) {
    assert.ok(types.has(type), type);
  }
  assert.deepEqual(await verifyJournal(first.journal), { ok: true, entries: first.journal.length });
});
