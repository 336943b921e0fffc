import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyOf } from '../src/commands/watching/journal.js';
import { table } from '../src/output.js';

const ROWS = [
  ['7f0c', 'it wants to run git and to read the repository'],
  ['91ab', 'short'],
];

test('a table is as wide as it likes where there is no terminal', () => {
  assert.equal(
    table(['ID', 'WHY'], ROWS, Number.POSITIVE_INFINITY),
    'ID    WHY\n7f0c  it wants to run git and to read the repository\n91ab  short',
  );
});

test('in a terminal its last column is wrapped between words', () => {
  assert.equal(
    table(['ID', 'WHY'], ROWS, 32),
    'ID    WHY\n7f0c  it wants to run git and to\n      read the repository\n91ab  short',
  );
});

test('where there is no room beside, the last column goes below, and nothing is cut', () => {
  const id = 'a-very-long-id-that-somebody-copies';
  const shown = table(['ID', 'WHY'], [[id, 'it wants to run git and to read']], 40);
  assert.equal(shown, `ID\n    WHY\n${id}\n    it wants to run git and to read`);
});

test('the journal says why first, then the facts, as words', () => {
  const data = {
    type: 'file.cron',
    because: 'contained: no network',
    server: 'calc',
    proposal: '',
    tools: [{ name: 'x' }],
  };
  assert.equal(whyOf(data), 'contained: no network · type file.cron, server calc');
});
