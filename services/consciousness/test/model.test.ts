import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evolve, newModel } from '../src/model.js';
import { healthOf, presenceOf } from '../src/presence.js';
import { recommend } from '../src/recommend.js';
import { varietyOf } from '../src/variety.js';
import { account, given, heartbeat, load, NOW, WINDOW, waiting, waits } from './support.js';

const near = (a: number, b: number, by = 1e-9): void => assert.ok(Math.abs(a - b) < by, `${a} is not ${b}`);

test('given nothing happened, then the share answered is unknown and nothing is required', () => {
  const variety = varietyOf(given(), WINDOW, NOW);
  assert.equal(variety.answered, null);
  assert.equal(variety.required, 0);
  assert.ok('unknown' in variety.bits);
});

test('given two kinds answered and one that waits, then the gap is that kind', () => {
  const variety = varietyOf(
    given(
      load({ 'file.md': { answered: 50 }, 'file.ok': { noted: 40 }, 'file.cron': { parked: 10 } }),
      waiting(waits('file.cron', 10)),
    ),
    WINDOW,
    NOW,
  );
  assert.equal(variety.required, 3);
  assert.equal(variety.available, 2);
  assert.equal(variety.gap, 1);
  assert.deepEqual(variety.waiting, { types: 1, events: 10 });
  near(variety.answered ?? -1, 0.9);
});

test('when what waited has been answered, then the gap is gone though it was parked before', () => {
  const variety = varietyOf(
    given(load({ 'file.cron': { parked: 10 } }), load({ 'file.cron': { answered: 10 } }), waiting()),
    WINDOW,
    NOW,
  );
  assert.equal(variety.gap, 0);
  assert.equal(variety.answered, 1);
});

test('attenuated and refused are absorbed; shed is not answered; discarded is no demand', () => {
  const of = (outcomes: Parameters<typeof load>[0][string]) =>
    varietyOf(given(load({ 'host.load': outcomes }), waiting(), account({})), WINDOW, NOW);
  assert.equal(of({ attenuated: 4 }).answered, 1);
  assert.equal(of({ refused: 4 }).gap, 0);
  assert.equal(of({ answered: 1, shed: 3 }).answered, 0.25);
  assert.equal(of({ discarded: 4 }).required, 0);
});

test('dead events count as long as they are held', () => {
  const facts = [load({ 'order.placed': { answered: 3, dead: 1 } }), waiting()];
  near(varietyOf(given(...facts, account({ dead: 1 })), WINDOW, NOW).answered ?? -1, 0.75);
  assert.equal(varietyOf(given(...facts, account({ answered: 4 })), WINDOW, NOW).answered, 1);
});

test('a kind that waits is still required after its events have left the window', () => {
  const model = given(load({ 'git.commit': { parked: 1 } }), waiting(waits('git.commit', 1)));
  const variety = varietyOf(model, WINDOW, NOW + 2 * WINDOW);
  assert.equal(variety.required, 1);
  assert.equal(variety.gap, 1);
  assert.equal(variety.answered, null);
});

test('with 100,000 kinds memory is bounded and the kinds are still counted, within two percent', () => {
  const model = newModel(WINDOW, NOW);
  for (let second = 0; second < 500; second++) {
    const types = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`kind.${second * 200 + i}`, { parked: 1 }]),
    );
    evolve(model, load(types), NOW + second);
  }
  const variety = varietyOf(model, WINDOW, NOW + 1000);
  assert.ok(Math.abs(variety.seen - 100_000) < 2000, `${variety.seen}`);
  assert.equal(variety.answered, 0);
  assert.equal(model.traffic.read(NOW + 1000).types.size, 10_000);
});

test('kinds that System 1 summed count with the events they had, as at least as many as it said at once', () => {
  const model = given(
    load({ 'file.md': { answered: 100 } }, { types: 50, outcomes: { answered: 40, parked: 60 } }),
    load({}, { types: 20, outcomes: { answered: 20 } }),
  );
  const variety = varietyOf(model, WINDOW, NOW);
  assert.equal(variety.seen, 51);
  near(variety.answered ?? -1, 160 / 220);
});

test('a system is present while an active instance beats; replicas are listed, standbys marked', () => {
  const model = given(heartbeat('s3'), heartbeat('s3', { instance: 's3-b', state: 'standby' }));
  const { present, instances } = presenceOf(model.presence, 's3', NOW + 5999);
  assert.ok(present);
  assert.deepEqual(
    instances.map(({ instance, state }) => [instance, state]),
    [
      ['s3-a', 'active'],
      ['s3-b', 'standby'],
    ],
  );
  const later = presenceOf(model.presence, 's3', NOW + 6000);
  assert.ok(!later.present);
  assert.equal(later.instances[0]?.state, 'silent');
  assert.equal(presenceOf(model.presence, 's3', NOW + 61_000).instances.length, 0);
});

test('health: ok, degraded in trouble, down without an active instance', () => {
  assert.equal(healthOf(given(heartbeat('s1')).presence, 's1', NOW), 'ok');
  assert.equal(healthOf(given(heartbeat('s1', { trouble: { broker: 'gone' } })).presence, 's1', NOW), 'degraded');
  assert.equal(healthOf(given(heartbeat('s1', { state: 'standby' })).presence, 's1', NOW), 'down');
});

test('a wish that no tool fulfils is a kind that waits, until one came for it or it is old', () => {
  const wish = { fact: 'demand' as const, data: { type: 'demand.parse.cron', wish: 'parse cron', by: 'agent:anyone' } };
  const model = given(load({ 'file.md': { answered: 2 } }), waiting(), wish, wish);
  const open = varietyOf(model, WINDOW, NOW);
  assert.deepEqual(open.waiting, { types: 1, events: 2 });
  assert.equal(open.gap, 1);
  assert.equal(open.answered, 0.5);
  const [gap] = recommend(model, 10, NOW).filter(({ type }) => type === 'demand.parse.cron');
  assert.equal(gap?.events, 2);
  assert.match(gap?.recommendation ?? '', /System 4/);
  assert.deepEqual(varietyOf(model, WINDOW, NOW + WINDOW + 1).waiting, { types: 0, events: 0 });

  const acquisition = { proposal: 'p', type: 'demand.parse.cron', step: 'closed' as const, because: 'it is there' };
  const met = varietyOf(evolve(model, { fact: 'acquisition', data: acquisition }, NOW), WINDOW, NOW);
  assert.deepEqual(met.waiting, { types: 0, events: 0 });
  assert.equal(met.gap, 0);
  assert.equal(met.answered, 1);
});

test('a heart that beats slower is alive for longer', () => {
  const { presence } = given(heartbeat('s3', { every: 30_000 }));
  assert.equal(presenceOf(presence, 's3', NOW + 89_999).present, true);
  assert.equal(presenceOf(presence, 's3', NOW + 90_000).present, false);
  assert.equal(presenceOf(presence, 's3', NOW + 179_000).instances.length, 1);
});
