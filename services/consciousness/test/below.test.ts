import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FleetConfig } from '@vsmcp/service';
import type { Waiting } from '@vsmcp/vsm';
import { dangersBelow, limitsOf, parted } from '../src/below.js';

const limits = limitsOf(
  FleetConfig.parse({ units: { desk: { absorbs: 'a.#' }, west: { system: './w.yaml', absorbs: 'w.#', wait: '10s' } } }),
);
const waits = (more: Partial<Waiting>): Waiting => ({
  type: 'w.a',
  unit: 'west',
  events: 2,
  since: 0,
  cause: 'below',
  because: 'waits in vsm.west',
  samples: [],
  ...more,
});
const answer = (waiting: Waiting[]) => ({
  types: new Set(waiting.map(({ type }) => type)).size,
  events: waiting.reduce((sum, { events }) => sum + events, 0),
  waiting,
});

test('what has time below is no gap here; beyond its time it is', () => {
  const own = waits({ type: 'a.x', unit: 'desk', cause: 'unanswered', events: 5 });
  const before = parted(answer([own, waits({})]), limits, 9999);
  assert.deepEqual([before.own, before.below], [answer([own]), [waits({})]]);
  const after = parted(answer([own, waits({})]), limits, 10_000);
  assert.deepEqual([after.own.events, after.own.types, after.below], [7, 2, []]);
});

test('a type that waits here too stays counted once', () => {
  const here = waits({ cause: 'unanswered', unit: 'desk', events: 1 });
  const { own } = parted(answer([here, waits({})]), limits, 0);
  assert.deepEqual([own.types, own.events], [1, 1]);
});

test('a person is told what waits below, and which fleet below is not viable', () => {
  const figures = { required: 1, available: 1, gap: 0, answered: null, waiting: { types: 0, events: 0 } };
  const report = { path: 'vsm.west', name: 'w', viable: false, reasons: ['System 4 is missing'], variety: figures };
  const west = { unit: 'west', at: 0, report: { ...report, efficiency: null, alerts: 0, units: {} } };
  assert.deepEqual(dangersBelow({ below: [waits({})], systems: new Map([['west', west]]) }, 3000), [
    '2 events wait in west, and still have time there',
    'west (vsm.west) was not viable 3 s ago: System 4 is missing',
  ]);
  assert.deepEqual(dangersBelow({ below: [], systems: new Map() }, 0), []);
});
