import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HAVING, SHARES_OF_THE_POOL } from '@vsmcp/vsm';
import { show } from '../src/commands/watching/coordination.js';

const NOTHING = {
  leases: [],
  held: 0,
  waiting: 0,
  loops: [],
  schedules: [],
  conflicts_resolved: 0,
  resolved: [],
  waits: [],
};
const LOOP = { state: 'damped' as const, before: 27.4, limit: 2 };

test('units that undo each other, with who may say whose purpose comes first, and who did', () => {
  const fight = { ...LOOP, units: ['tidy', 'pinboard'], resource: 'notice/welcome.md' };
  const first = { unit: 'pinboard', because: 'welcome stays', by: 'cli:ann' };
  const text = show({ ...NOTHING, loops: [fight, { ...fight, resource: 'door', first }] });
  assert.deepEqual(text.split('\n'), [
    '0 leases held · 0 waiting · 0 conflicts resolved',
    'tidy ↔ pinboard undo each other on notice/welcome.md: damped, 27.4 → 2 turns a minute',
    "  whose purpose comes first? vsmcp coordination prefer tidy|pinboard 'notice/welcome.md' --because …",
    'tidy ↔ pinboard undo each other on door: damped, 27.4 → 2 turns a minute',
    '  pinboard comes first: welcome stays (cli:ann)',
  ]);
});

test('what swings, and what comes and goes', () => {
  const text = show({
    ...NOTHING,
    loops: [
      { ...LOOP, limit: 0, units: ['a', 'b'], resource: SHARES_OF_THE_POOL },
      { ...LOOP, limit: 0, units: ['calc-mcp'], resource: `${HAVING}calc-mcp` },
    ],
  });
  assert.match(text, /^a ↔ b take their shares of the pool from each other: damped, 27\.4 → 0 turns a minute$/m);
  assert.match(text, /^calc-mcp is acquired and removed again and again: damped/m);
});

test('rates, and who waited how long', () => {
  const busy = { unit: 'busy', granted: 30, waiting: 4, waited: 20, total: 40_000, longest: 5200 };
  const every = { server: 'every', calls: 10, per: 2000, granted: 35, units: [busy] };
  const waits = [{ unit: 'tidy', claims: 5, waited: 2, total: 300, longest: 200 }];
  const lines = show({ ...NOTHING, schedules: [every], waits }).split('\n');
  assert.deepEqual(lines.slice(1), [
    '',
    'every: 10 calls in 2 s at most, 35 calls so far',
    'UNIT  CALLS  WAITING  MEAN WAIT  LONGEST',
    'busy  30     4        2 s        5.2 s',
    '',
    'UNIT  CLAIMS  WAITED  MEAN    LONGEST',
    'tidy  5       2       150 ms  200 ms',
  ]);

  const closed = { server: 'bank', closed: Date.parse('2026-11-30T07:00Z'), granted: 0, units: [] };
  assert.match(
    show({ ...NOTHING, schedules: [closed] }),
    /^bank: closed until 2026-11-30T07:00:00\.000Z, 0 calls so far$/m,
  );
});
