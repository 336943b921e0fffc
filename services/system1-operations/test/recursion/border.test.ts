import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type MemoryBroker, openMemoryBroker } from '@vsmcp/nervous-system';
import { realClock } from '@vsmcp/service';
import { Algedonic, Below, Climbed, type CloudEvent, type DataOf, Reported, Settle } from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../../test/support/fleet.js';
import { fate, listen, replica, voice } from '../support/replica.js';

const upper3 = voice('s3');
const lower3 = voice('s3');
const lower5 = voice('s5');
const below: DataOf<typeof Below>[] = [];
const felt: DataOf<typeof Algedonic>[] = [];
let broker: MemoryBroker;
let top: Fleet;
let west: Fleet;

before(async () => {
  broker = openMemoryBroker({ clock: realClock, ids: randomUUID });
  const lower = {
    path: 'vsm.west',
    units: {
      shop: { absorbs: 'shop.#', responses: { 'shop.sale': 'noted' as const } },
      // A file could not say so: it would be refused before anything starts.
      round: { absorbs: 'round.#', system: { path: 'vsm' } },
    },
  };
  const upper = { path: 'vsm', units: { west: { absorbs: ['shop.#', 'round.#'], system: { path: 'vsm.west' } } } };
  west = await openFleet({ services: [lower3, lower5, replica()], config: lower, broker });
  // Two replicas above: whichever hears an outcome settles it.
  top = await openFleet({ services: [upper3, replica(), replica()], config: upper, broker });
  await listen(upper3.context(), Below, 'report', 's1.west.below', (data) => below.push(data));
  await listen(top.gateway, Algedonic, 'algedonic', '#', (signal) => felt.push(signal));
});
after(async () => {
  await top.stop();
  await west.stop();
  broker.close();
});

const outcomes = (fleet: Fleet, id: string) =>
  fleet.outcomes.filter(({ event }) => event.id === id).map(({ outcome }) => outcome);

test('events go down under their own names and their outcomes come up, each once, by whichever replica', async () => {
  const ids = await Promise.all(Array.from({ length: 100 }, (_, n) => top.publish('shop.sale', { n })));
  await top.until(() => ids.every((id) => outcomes(top, id).length > 0), { what: 'all come up' });
  for (const id of ids) assert.deepEqual([outcomes(top, id), outcomes(west, id)], [['noted'], ['noted']]);
  const { received, outcomes: counts } = await top.ask('account', {});
  assert.deepEqual([received, counts], [100, { noted: 100 }]);
});

test('what waits below waits here, and ends here when it ends there', async () => {
  const id = await top.publish('shop.wish', {});
  const parked = await fate(top, id);
  assert.deepEqual([parked.outcome, parked.cause, parked.unit, parked.below], ['parked', 'below', 'west', 'vsm.west']);
  const filter = { type: 'shop.wish', limit: 10 };
  await lower3.context().say(Settle, 's1.any.settle', { epoch: 1, how: 'refuse', filter, because: 'not here' });
  await top.until(() => outcomes(top, id).length === 2);
  assert.deepEqual(outcomes(top, id), ['parked', 'refused']);
});

test('an event replayed here only asks again; one that came twice has its outcome said again', async () => {
  const id = await top.publish('shop.wish', {});
  await fate(top, id);
  const filter = { type: 'shop.wish', limit: 10 };
  await upper3.context().say(Settle, 's1.any.settle', { epoch: 1, how: 'replay', filter, because: 'again' });
  await top.until(() => outcomes(top, id).length === 2, { what: 'it waits again' });
  assert.deepEqual(outcomes(top, id), ['parked', 'parked']);
  assert.equal((await west.ask('account', {})).outcomes.parked, 1);
});

test('what was written down and never sent goes down all the same', async () => {
  const lost = { source: '/test', id: randomUUID(), unit: 'west' };
  const event: CloudEvent = { specversion: '1.0', source: lost.source, id: lost.id, type: 'shop.sale', data: {} };
  const { ledger } = top.state;
  await ledger.claim({ ...lost, type: event.type, holder: 'gone', deadline: realClock.now() + 5000 });
  assert.ok(await ledger.descend(lost, 1, realClock.now(), event));
  assert.equal((await fate(top, lost.id)).outcome, 'noted');
});

test('the outcome of what the system does for itself is none of this fleet’s', async () => {
  const own = await west.publish('shop.sale', {});
  await fate(west, own);
  const mark = await top.publish('shop.sale', {});
  await fate(top, mark);
  assert.deepEqual(outcomes(top, own), []);
});

test('a circle of fleets is cut where it would close', async () => {
  const dead = await fate(top, await top.publish('round.trip', {}));
  assert.equal(dead.outcome, 'dead');
  assert.match(dead.reason ?? '', /^vsm\.west: it has come through vsm already: .* vsm → vsm\.west → vsm are a circle/);
});

test('reports go to System 3 here, and pain that climbed to System 5 here, under a name that says whose it is', async () => {
  const variety = { required: 1, available: 1, gap: 0, answered: 1, waiting: { types: 0, events: 0 } };
  const report = {
    path: 'vsm.west',
    name: 'w',
    viable: true,
    reasons: [],
    variety,
    efficiency: 1,
    alerts: 0,
    units: {},
  };
  await lower5.context().say(Reported, 'report', report);
  assert.deepEqual(await top.until(() => below[0]), { unit: 'west', report });
  const pain = { alert: 'doubt:shop', severity: 'pain' as const, unit: 'shop', what: 'it hurts', since: 1, at: 2 };
  await lower5.context().say(Climbed, 'pain', pain, { mandatory: true });
  const signal = await top.until(() => felt.find(({ alert }) => alert === 'west/doubt:shop'));
  assert.deepEqual(signal, {
    alert: 'west/doubt:shop',
    severity: 'pain',
    unit: 'west',
    what: 'vsm.west: it hurts',
    since: 2,
    climbed: true,
  });
});
