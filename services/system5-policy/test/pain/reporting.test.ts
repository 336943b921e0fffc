import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status, SystemReport } from '@vsmcp/vsm';
import { gist, HEARTBEAT, isDue, reportOf } from '../../src/pain/reporting.js';

const system = { present: true, instances: [] };
const status = (more: Partial<Status> = {}): Status => ({
  name: 'west',
  purpose: '',
  viable: true,
  reasons: ['a', 'b', 'c', 'd', 'e', 'f'],
  systems: {
    1: { ...system, units: 1, variety_absorbed: 1, servers: 0 },
    2: { ...system, conflicts_resolved: 0, loops: [] },
    3: { ...system, efficiency: 0.9 },
    4: { ...system, threats: [], opportunities: [], acquisitions: [] },
    5: { ...system, policies_active: 0, pending: 0, alerts: [] },
  },
  variety: {
    window: 1,
    required: 3.2,
    available: 3,
    gap: 0.2,
    seen: 3,
    unseen: 0,
    answered: 0.98,
    waiting: { types: 1, events: 5 },
    bits: { unknown: 'too few' },
  },
  pathologies: [],
  health: { status: 'ok', services: {} },
  account: { received: 10, outcomes: {} },
  ...more,
});
const report = (of: Status = status()): SystemReport => reportOf('vsm.west', of, {}, 3);

test('a report says how the fleet is, and not what it does', () => {
  const said = report();
  assert.deepEqual(Object.keys(said).sort(), [
    ...['alerts', 'efficiency', 'name', 'path', 'reasons', 'units', 'variety', 'viable'],
  ]);
  assert.equal(said.reasons.length, 5);
  assert.deepEqual(said.variety, {
    required: 3.2,
    available: 3,
    gap: 0.2,
    answered: 0.98,
    waiting: { types: 1, events: 5 },
  });
});

test('the tree in it ends where the levels do', () => {
  let inner = report();
  for (const name of ['c', 'b', 'a'])
    inner = { ...report(), units: { [name]: { path: name, heard: 1, report: inner } } };
  const depth = (one: SystemReport): number =>
    Math.max(0, ...Object.values(one.units).map((view) => 1 + (view.report ? depth(view.report) : 0)));
  assert.equal(depth(reportOf('p', status(), inner.units, 10)), 3);
  assert.equal(depth(reportOf('p', status(), inner.units, 2)), 2);
  assert.equal(depth(reportOf('p', status(), inner.units, 0)), 0);
});

test('it is said when it says something new, and now and then', () => {
  const first = report();
  const last = { gist: gist(first), at: 0 };
  assert.ok(isDue(first, undefined, 0));
  assert.ok(!isDue(first, last, HEARTBEAT - 1));
  assert.ok(isDue(first, last, HEARTBEAT));
  const moved = report(status({ reasons: ['g', 'b', 'c', 'd', 'e'], account: { received: 99, outcomes: {} } }));
  assert.ok(!isDue(moved, last, 1), 'another figure in a reason, more events of the same kinds');
  assert.ok(isDue(report(status({ viable: false })), last, 1));
  const below = { ...first, units: { north: { path: 'n', heard: 1, report: first } } };
  const known = { gist: gist(below), at: 0 };
  const heardAgain = { ...first, units: { north: { path: 'n', heard: 2, report: first } } };
  assert.ok(!isDue(heardAgain, known, 1), 'a sign of life from below is no news');
  const lost = { ...first, units: { north: { path: 'n', heard: 2, report: { ...first, viable: false } } } };
  assert.ok(isDue(lost, known, 1), 'a change below is');
});
