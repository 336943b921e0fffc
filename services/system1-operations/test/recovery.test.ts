import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type CloudEvent, Handover, Outcome, Progressed, Settle } from '@vsmcp/vsm';
import { openTestEmbedded } from '../../../test/support/embedded.js';
import { type Fleet, openFleet } from '../../../test/support/fleet.js';
import { EVERYTHING, fate, listen, MEMORY, replica, voice } from './support/replica.js';

const note = { entities: [{ name: '=data.name', entityType: 'note', observations: [] }] };
const config = {
  servers: { every: EVERYTHING, memory: MEMORY },
  units: {
    desk: {
      absorbs: 'file.#',
      responses: {
        'file.txt': { call: 'every.echo', with: { message: '=data.name' } },
        'file.md': { call: 'memory.create_entities', with: note },
      },
    },
  },
};
const s1 = replica();
const s3 = voice('s3');
let fleet: Fleet;
before(async () => {
  fleet = await openFleet({ services: [s1, s3], config });
  await fate(fleet, await fleet.publish('file.md', { name: 'opening' }));
});
after(() => fleet.stop());

const named = (id: string, type: string): CloudEvent => ({
  specversion: '1.0',
  id,
  source: '/press',
  type,
  data: { name: id },
});

/** Parks an event and claims it back, as a replica would that then vanishes. */
async function claimedBack(id: string, type: string, called: boolean): Promise<void> {
  const { ledger } = fleet.state;
  const key = { source: '/press', id, unit: 'desk' };
  await ledger.claim({ ...key, type, holder: 'gone', deadline: Date.now() + 60_000 });
  const held = { outcome: 'parked', cause: 'unavailable', because: 'test' } as const;
  await ledger.settle({ ...key, attempt: 1, record: {}, event: named(id, type), ...held });
  const [row] = await ledger.reclaim({ reason: 'parked', id }, 'gone', 0, 1);
  assert.equal(row?.attempt, 2);
  if (called) assert.ok(await ledger.intend(key, 2, 0));
}

test('what a vanished replica had claimed back is taken over; where it may have called, it is in doubt', async () => {
  await claimedBack('left', 'file.md', false);
  await claimedBack('left-called', 'file.md', true);
  await claimedBack('left-harmless', 'file.txt', true);
  assert.equal((await fate(fleet, 'left')).outcome, 'answered');
  assert.equal((await fate(fleet, 'left-called')).outcome, 'doubt');
  assert.equal((await fate(fleet, 'left-harmless')).outcome, 'answered');
});

test('an outcome behind which no message stands, written and never said, is said in time', async () => {
  const { ledger, database } = fleet.state;
  const key = { source: '/press', id: 'unsaid-held', unit: 'desk' };
  await ledger.claim({ ...key, type: 'file.txt', holder: 'gone', deadline: Date.now() + 60_000 });
  const event = { source: key.source, id: key.id, type: 'file.txt' };
  const record = Outcome.data.parse({ event, unit: 'desk', outcome: 'answered', attempts: 1, instance: 'gone' });
  await ledger.settle({ ...key, attempt: 1, outcome: 'answered', record, unsaid: true });
  await database.query(`UPDATE vsmcp_ledger SET changed = changed - 60000 WHERE id = $1`, [key.id]);
  assert.deepEqual(await fate(fleet, key.id), record);
  await fleet.until(async () => (await ledger.unsaid(Date.now() + 1, 10)).length === 0);
});

test('an event that came again without an id: only what can be repeated is called', async () => {
  const context = fleet.context(s1);
  for (const [id, type] of [
    ['unsure', 'file.md'],
    ['sure', 'file.txt'],
  ] as const) {
    const data = { event: named(id, type), attempts: 0, key: type, unsure: true };
    await context.say(Handover, 'handover.memory', data, { mandatory: true });
  }
  assert.equal((await fate(fleet, 'unsure')).outcome, 'doubt');
  assert.equal((await fate(fleet, 'sure')).outcome, 'answered');
});

test('what died on the way is held with the reason, and can be replayed', async () => {
  const context = fleet.context(s1);
  const event = named('poison', 'file.txt');
  const content = Buffer.from(JSON.stringify(event));
  const contentType = 'application/cloudevents+json';
  await context.bus.publish({
    channel: 'dead',
    key: 'file.txt',
    content,
    contentType,
    id: event.id,
    headers: { 'vsmcp-reason': 'delivered 20 times', 'vsmcp-channel': 'environment' },
  });
  const dead = await fate(fleet, 'poison');
  assert.deepEqual([dead.outcome, dead.reason], ['dead', 'delivered 20 times']);
  const { held } = await fleet.ask('held', { reason: 'dead', id: 'poison' });
  assert.deepEqual(held[0]?.event, event);
});

test('doubt is settled: tried again, or done as somebody has seen', async () => {
  const settle = (how: 'replay' | 'done', id: string) =>
    s3.context().say(Settle, 's1.any.settle', {
      epoch: 1,
      how,
      filter: { reason: 'doubt' as const, id, limit: 1 },
      because: 'it was looked at (ada)',
    });
  await settle('replay', 'left-called');
  const again = await fleet.until(() => said('left-called', 'answered'));
  assert.equal(again.tool, 'memory.create_entities');
  await settle('done', 'unsure');
  const done = await fleet.until(() => said('unsure', 'answered'));
  assert.deepEqual([done.reason, done.tool], ['it was looked at (ada)', undefined]);
  assert.equal((await fleet.ask('held', { reason: 'doubt' })).total, 0);
});

function said(id: string, outcome: string) {
  return fleet.outcomes.find((one) => one.event.id === id && one.outcome === outcome);
}

test('what is replayed when the service drains ends before it has stopped', async () => {
  const database = await openTestEmbedded();
  const slow = { call: 'every.trigger-long-running-operation', with: { duration: 1, steps: 4 } };
  const units = { desk: { responses: { 'file.slow': slow } } };
  const asks = voice('s3');
  const draining = await openFleet({
    services: [replica(), asks],
    config: { servers: { every: EVERYTHING }, units },
    database,
  });
  try {
    await draining.until(async () => (await draining.ask('test', { server: 'every' })).ok);
    const { ledger } = draining.state;
    const key = { source: '/press', id: 'draining', unit: 'desk' };
    const event = named(key.id, 'file.slow');
    await ledger.settleNew({
      ...key,
      type: event.type,
      holder: 'gone',
      outcome: 'dead',
      record: {},
      because: '',
      event,
    });
    let underWay = false;
    await listen(draining.gateway, Progressed, 'report', 's1.*.progress', () => {
      underWay = true;
    });
    const filter = { reason: 'dead' as const, id: key.id, limit: 1 };
    await asks.context().say(Settle, 's1.any.settle', { epoch: 1, how: 'replay', filter, because: 'again' });
    await draining.until(() => underWay);
    await draining.stop();
    const rows = await database.query(`SELECT state, outcome FROM vsmcp_ledger WHERE id = 'draining'`);
    assert.deepEqual(rows, [{ state: 'settled', outcome: 'answered' }]);
  } finally {
    await database.close();
  }
});
