import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FleetConfig } from '@vsmcp/service';
import { evolve } from '../src/model.js';
import { pathologiesOf, signsOf } from '../src/signs.js';
import { allPresent, given, heartbeat, load, NOW, waiting, waits } from './support.js';

const CONFIG = FleetConfig.parse({ pain: { climb: '10s' } });
const MINUTE = 60_000;

test('a system that leads and answers nothing counts as away', () => {
  const model = given(...allPresent);
  assert.deepEqual(signsOf(model, CONFIG, NOW).present, { s2: false, s3: false, s4: false, s5: false });
  const views = { decisions: { value: { pending: [], decided: [] }, asOf: NOW } };
  evolve(model, { fact: 'view', views }, NOW);
  assert.equal(signsOf(model, CONFIG, NOW + 3000).present.s5, true);
  evolve(model, heartbeat('s5'), NOW + MINUTE);
  assert.equal(signsOf(model, CONFIG, NOW + MINUTE).present.s5, false);
});

test('single operations that were commanded are told from events', () => {
  const model = given(load({ 'operate.till.book': { answered: 30 }, 'sale.made': { answered: 10, dead: 1 } }));
  const { events, commanded } = signsOf(model, CONFIG, NOW);
  assert.deepEqual({ events, commanded }, { events: 41, commanded: 30 });
  const found = pathologiesOf(model, CONFIG, NOW + MINUTE).find(({ name }) => name === 'control-collapsed');
  assert.match(found?.evidence ?? '', /30 of 41 operations/);
});

test('what waits for a tool is a gap, what waits for its server or guard is none', () => {
  const model = given(waiting(waits('file.cron', 3), waits('file.md', 1, { cause: 'guard' })));
  assert.deepEqual(
    signsOf(model, CONFIG, NOW).gaps.map(({ type, pursued }) => ({ type, pursued })),
    [{ type: 'file.cron', pursued: false }],
  );
});

test('who is under System 3’s hand is told by its account of the autonomy that it spends, while that is fresh', () => {
  const achievement = {
    actuality: 1,
    capability: 1,
    potentiality: 1,
    productivity: 1,
    latency: 1,
    performance: 1,
  };
  const units = { a: achievement, b: achievement, c: achievement, d: achievement };
  const since = NOW - MINUTE;
  const spent = (unit: string, rung: 'borrow' | 'shed', from = since) => ({ unit, rung, since: from });
  const interventions = [spent('a', 'borrow'), spent('a', 'shed'), spent('b', 'shed'), spent('c', 'shed', NOW)];
  const data = { window: MINUTE, efficiency: 1, attempted: 4, fleet: achievement, units, interventions };
  const model = given({ fact: 'performance', data });
  const later = NOW + model.window / 2 - MINUTE;
  assert.deepEqual(signsOf(model, CONFIG, NOW).steered, { units: 0, of: 4 });
  evolve(model, { fact: 'performance', data }, later);
  assert.deepEqual(signsOf(model, CONFIG, later).steered, { units: 2, of: 4 });
  assert.deepEqual(signsOf(model, CONFIG, later + 2 * MINUTE).steered, { units: 0, of: 0 });
});
