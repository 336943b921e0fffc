import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertState, DataOf } from '@vsmcp/vsm';
import type { Fact } from '../src/model.js';
import { allPresent, given, heartbeat, load, NOW, viabilityOf, waiting, waits } from './support.js';

const alert = (level: DataOf<typeof AlertState>['level'], severity: 'pain' | 'critical' = 'pain'): Fact => ({
  fact: 'alert',
  data: {
    alert: 'silence:backups:file.ok',
    severity,
    unit: 'backups',
    what: 'no file.ok for 10 s',
    since: NOW,
    level,
    told: [],
  },
});

test('given all systems and traffic that is answered, then viable, with nothing to say', () => {
  const model = given(...allPresent, load({ 'file.md': { answered: 9 } }), waiting());
  assert.deepEqual(viabilityOf(model), { viable: true, reasons: [], critical: false });
});

test('given no traffic, then viable: a fleet to which nothing happened is not held to it', () => {
  assert.ok(viabilityOf(given(...allPresent)).viable);
});

test('given a missing system, then not viable, and it is named with since when', () => {
  const model = given(...allPresent.filter((fact) => !(fact.fact === 'heartbeat' && fact.data.system === 's2')));
  const { viable, reasons } = viabilityOf(model, NOW + 3000);
  assert.ok(!viable);
  assert.deepEqual(reasons, ['System 2 coordination is missing: no heartbeat in 3 s of listening']);
  assert.match(
    viabilityOf(given(...allPresent), NOW + 8000).reasons.join('\n'),
    /System 5 policy is missing: its last heartbeat was 8 s ago/,
  );
  assert.match(
    viabilityOf(given(heartbeat('s4', { state: 'standby' }))).reasons.join('\n'),
    /System 4 intelligence has only a standby/,
  );
});

test('given too few events answered, then not viable and critical, with both figures', () => {
  const { viable, reasons, critical } = viabilityOf(
    given(
      ...allPresent,
      load({ 'file.md': { answered: 3 }, 'file.cron': { parked: 7 } }),
      waiting(waits('file.cron', 7)),
    ),
  );
  assert.ok(!viable && critical);
  assert.equal(reasons[0], '30 % of the events of the last 5 min were answered; variety_threshold asks for 80 %');
  assert.equal(reasons[1], '1 kind waits, 7 events: file.cron (7)');
});

test('given pain told to its owner, then viable but said; once it climbed to System 5, not viable until acknowledged', () => {
  const told = viabilityOf(given(...allPresent, alert('owner')));
  assert.ok(told.viable);
  assert.match(told.reasons.join(), /backups hurts, its owner was told: no file.ok/);
  assert.ok(!viabilityOf(given(...allPresent, alert('owner', 'critical'))).viable);
  assert.ok(!viabilityOf(given(...allPresent, alert('system5'))).viable);
  assert.ok(viabilityOf(given(...allPresent, alert('system5'), alert('acknowledged'))).viable);
  assert.deepEqual(viabilityOf(given(...allPresent, alert('system5'), alert('closed'))).reasons, []);
});

test('given critical pain that System 5 said nothing of, then not viable, until pleasure', () => {
  const pain = (severity: 'critical' | 'pleasure'): Fact => ({
    fact: 'algedonic',
    data: { alert: 'down:memory', severity, unit: 'memory', what: 'server memory stays down', since: NOW },
  });
  assert.match(viabilityOf(given(...allPresent, pain('critical'))).reasons.join(), /critical pain of memory/);
  assert.ok(viabilityOf(given(...allPresent, pain('critical'), pain('pleasure'))).viable);
});

test('a loop that is held down is news for a while, and then comes last with since when', () => {
  const loop: Fact = {
    fact: 'loop',
    data: { resource: 'notice/a', units: ['tidy', 'pinboard'], state: 'damped', before: 27, limit: 2 },
  };
  const pain = alert('owner');
  const fresh = viabilityOf(given(...allPresent, loop, pain)).reasons;
  assert.match(fresh.join('\n'), /hurts, its owner was told.*\n.*notice\/a: 27 turns a minute, held to 2/);
  const model = given(...allPresent, loop, pain);
  const late = viabilityOf(model, NOW + 3_600_000).reasons;
  assert.match(late.at(-1) ?? '', /notice\/a: held to 2 turns a minute for 60 min/);
  assert.doesNotMatch(late.slice(0, -1).join('\n'), /notice\/a/);
});
