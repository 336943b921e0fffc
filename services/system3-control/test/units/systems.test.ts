import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FleetConfig } from '@vsmcp/service';
import { holds, movedSystems, SILENT, silences, unheard } from '../../src/units/systems.js';

const config = FleetConfig.parse({
  path: 'vsm',
  units: {
    desk: { absorbs: 'file.#' },
    west: { system: './west.yaml', absorbs: 'west.#' },
    east: { system: { path: 'far.east' }, absorbs: 'east.#' },
  },
});

test('the units that are systems are known by path before they report', () => {
  assert.deepEqual(
    [...unheard(config)],
    [
      ['west', { path: 'vsm.west', heard: null }],
      ['east', { path: 'far.east', heard: null }],
    ],
  );
});

test('silence hurts once, from the last report or the beginning, and its end is told once', () => {
  const systems = new Map(unheard(config));
  systems.set('west', { path: 'vsm.west', heard: 10_000 });
  assert.deepEqual(silences(systems, 0, SILENT - 1), []);
  assert.deepEqual(silences(systems, 0, SILENT), [{ unit: 'east', silent: true, from: 0 }]);
  systems.set('east', { path: 'far.east', heard: null, hurts: true });
  assert.deepEqual(silences(systems, 0, SILENT + 10_000), [{ unit: 'west', silent: true, from: 10_000 }]);
  systems.set('east', { path: 'far.east', heard: SILENT + 1, hurts: true });
  assert.deepEqual(silences(systems, 0, SILENT + 2), [{ unit: 'east', silent: false, from: SILENT + 1 }]);
});

test('a fleet that is below itself is seen in what it is told', () => {
  const figures = { required: 1, available: 1, gap: 0, answered: null, waiting: { types: 0, events: 0 } };
  const one = (path: string) => ({
    path,
    name: 'n',
    viable: true,
    reasons: [],
    variety: figures,
    efficiency: null,
    alerts: 0,
  });
  const inner = { ...one('c'), units: { a: { path: 'a', heard: 1, report: { ...one('a'), units: {} } } } };
  const outer = { ...one('b'), units: { c: { path: 'c', heard: 1, report: inner }, d: { path: 'd', heard: null } } };
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((path) => holds(outer, path)),
    [true, true, true, false],
  );
});

test('which units are systems does not change while the fleet runs', () => {
  const { desk, west } = config.units;
  assert.ok(desk && west);
  assert.deepEqual(movedSystems({ desk, west: { ...west, wait: 1 } }, config.units), []);
  const { system, ...plain } = west;
  const changed = { west: plain, desk: { ...desk, system } };
  assert.match(movedSystems(changed, config.units).join(), /^units\.west\.system: .*,units\.desk\.system: /);
});
