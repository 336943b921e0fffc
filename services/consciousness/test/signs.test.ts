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
