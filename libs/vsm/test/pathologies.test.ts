import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathologies, type Signs } from '../src/index.js';

const WELL: Signs = {
  window: 300_000,
  watched: 3_600_000,
  present: { s2: true, s3: true, s4: true, s5: true },
  events: 100,
  commanded: 0,
  steered: { units: 0, of: 5 },
  uncoordinated: 0,
  gaps: [],
  pains: [],
  climb: 30_000,
};
const named = (signs: Partial<Signs>) => pathologies({ ...WELL, ...signs }).map(({ name }) => name);
const away = (...systems: ('s2' | 's3' | 's4' | 's5')[]) => ({
  present: { ...WELL.present, ...Object.fromEntries(systems.map((system) => [system, false])) },
});
const gap = { type: 'file.cron', waited: 600_000, pursued: false };

test('a fleet that is well has none, nor has one that is watched too short to say', () => {
  assert.deepEqual(named({}), []);
  assert.deepEqual(named({ ...away('s3', 's5'), uncoordinated: 50, watched: 30_000 }), []);
});

test('coordination is missing when claims get no answer, not when System 2 is away and nobody claims', () => {
  assert.deepEqual(named({ uncoordinated: 3 }), ['coordination-missing']);
  assert.deepEqual(named({ uncoordinated: 2 }), []);
  assert.deepEqual(named(away('s2')), []);
});

test('System 4 is cut off when gaps grow old and it says nothing of any of them', () => {
  assert.deepEqual(named({ gaps: [gap] }), ['intelligence-cut-off']);
  assert.deepEqual(named({ gaps: [{ ...gap, pursued: true }] }), []);
  assert.deepEqual(named({ gaps: [{ ...gap, waited: 1000 }] }), []);
  // there are gaps for which no server seems to be: while it pursues others, it is not cut off
  assert.deepEqual(named({ gaps: [gap, { ...gap, type: 'file.ics', pursued: true }] }), []);
  assert.deepEqual(named({ ...away('s4'), gaps: [gap] }), ['intelligence-cut-off']);
});

test('the metasystem is starved when most of it is silent while operations are busy', () => {
  assert.deepEqual(named(away('s3', 's5')), ['metasystem-starved']);
  assert.deepEqual(named(away('s5')), []);
  assert.deepEqual(named({ ...away('s3', 's5'), events: 19 }), []);
});

test('control has collapsed into operations when it commands half of them singly', () => {
  assert.deepEqual(named({ commanded: 50 }), ['control-collapsed']);
  assert.deepEqual(named({ commanded: 49 }), []);
  assert.deepEqual(named({ commanded: 10, events: 10 }), []);
});

test('control has collapsed into operations too when it has half of the units in hand for long, not when it helps two', () => {
  assert.deepEqual(named({ steered: { units: 3, of: 6 } }), ['control-collapsed']);
  assert.deepEqual(named({ steered: { units: 3, of: 7 } }), []);
  assert.deepEqual(named({ steered: { units: 2, of: 2 } }), []);
  const [found] = pathologies({ ...WELL, steered: { units: 4, of: 5 } });
  assert.equal(found?.evidence, "4 of 5 busy units have been under System 3's hand for 2.5 min or longer");
});

test('pain is unheard when it stands ten times as long as it has before it climbs', () => {
  const pain = { unit: 'backups', what: 'no file.ok', stood: 300_001 };
  assert.deepEqual(named({ pains: [pain] }), ['pain-unheard']);
  assert.deepEqual(named({ pains: [{ ...pain, stood: 300_000 }] }), []);
});

test('each says the figures it was told by, and what the literature calls it', () => {
  const [found] = pathologies({ ...WELL, ...away('s2'), uncoordinated: 7 });
  assert.match(found?.evidence ?? '', /7 claims .* 5 min; System 2 is missing/);
  assert.match(found?.known ?? '', /Pérez Ríos/);
});
