import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gatewayForTests } from '../../services/gateway/test/support.js';
import { EVERYTHING, fate, replica } from '../../services/system1-operations/test/support/replica.js';
import { system3 } from '../../services/system3-control/src/index.js';
import { system5 } from '../../services/system5-policy/src/index.js';
import { type Fleet, openFleet } from '../support/fleet.js';

const http = gatewayForTests();
const echo = (message: string) => ({ call: 'every.echo', with: { message } });
const config = {
  servers: { every: EVERYTHING },
  units: {
    desk: { absorbs: 'file.#', responses: { 'file.txt': echo('=data.text') } },
    lab: { responses: { 'lab.seen': 'noted' as const } },
  },
  policy: {
    forbid: [
      {
        name: 'no-sums',
        because: 'Units do not reckon.',
        cedar: 'action == Action::"unit" && resource.tool == "get-sum"',
      },
    ],
  },
};

let fleet: Fleet;
before(async () => {
  fleet = await openFleet({ services: [http.service, replica(), system5, system3], config });
  await settled('PUT', '/units/warm', { responses: { 'warm.up': 'noted' } });
});
after(() => fleet.stop());

/** Systems 3 and 5 may not lead yet. */
async function settled(method: string, path: string, body?: unknown) {
  const reply = await fleet.until(
    async () => {
      const one = await http.call(method, path, body, { 'x-vsmcp-by': 'ada' });
      return one.status !== 503 && one;
    },
    { timeout: 20_000, what: `${method} ${path} is answered` },
  );
  return reply;
}

/** Once System 1 goes by this version of the rows. */
async function followed(version: number): Promise<void> {
  await fleet.until(async () => (await fleet.ask('units', { limit: 0 })).version >= version);
}

test('a unit created live answers what waited; changed, it answers otherwise; removed, its events wait again', async () => {
  const id = await fleet.publish('order.placed', { n: 1 });
  assert.equal((await fate(fleet, id)).cause, 'unanswered');
  const made = await settled('PUT', '/units/orders', {
    responses: { 'order.placed': echo('="first " + string(data.n)') },
  });
  assert.deepEqual([made.status, made.body.set], [200, ['orders']]);
  const answered = await fleet.until(() => fleet.outcomes.find((o) => o.event.id === id && o.outcome === 'answered'));
  assert.match(JSON.stringify(answered.result), /first 1/);

  const changed = await settled('PUT', '/units/orders', {
    responses: { 'order.placed': echo('="second " + string(data.n)') },
  });
  await followed(changed.body.version);
  const next = await fate(fleet, await fleet.publish('order.placed', { n: 2 }));
  assert.match(JSON.stringify(next.result), /second 2/);

  const removed = await settled('DELETE', '/units/orders?because=closed');
  assert.deepEqual([removed.status, removed.body.removed], [200, ['orders']]);
  await followed(removed.body.version);
  assert.equal((await fate(fleet, await fleet.publish('order.placed', { n: 3 }))).cause, 'unanswered');
  const journal = [];
  for await (const entry of fleet.state.journal.replay('s3')) if (entry.type === 'units.arranged') journal.push(entry);
  assert.match(JSON.stringify(journal.at(-1)?.data), /"by":"ada","because":"closed"/);
});

test('what is wrong is refused whole, with all that is wrong, and nothing changes', async () => {
  const before = await fleet.ask('units', { limit: 0 });
  const refused = async (unit: object, why: RegExp, status = 409) => {
    const reply = await settled('PUT', '/units/bad', unit);
    assert.equal(reply.status, status, JSON.stringify(reply.body));
    assert.match(reply.body.message, why);
  };
  await refused(
    { responses: { 'bad.one': echo('=data.') } },
    /units\.bad\.responses\.bad\.one: data\.: .*expected a CEL expression/,
  );
  await refused({ responses: { 'bad.one': { call: 'evry.echo' } } }, /got server 'evry'.*did you mean 'every'/);
  await refused({ responses: { 'lab.seen': 'noted' } }, /which unit 'lab' has too/);
  await refused(
    { responses: { 'bad.one': { call: 'every.get-sum', with: { a: 1, b: 2 } } } },
    /no-sums: Units do not reckon/,
  );
  await refused({ respones: {} }, /respones/, 422);
  const nobody = await settled('DELETE', '/units/nobody');
  assert.match(nobody.body.message, /there is no unit nobody/);
  const two = await settled('PATCH', '/units', {
    set: { one: { responses: { 'same.type': 'noted' } }, two: { responses: { 'same.type': 'noted' } } },
  });
  assert.match(two.body.message, /which unit 'one' has too/);
  assert.equal((await fleet.ask('units', { limit: 0 })).version, before.version);
});

test('a pattern may go from one unit to another in one change', async () => {
  await settled('PUT', '/units/from', { responses: { 'moving.on': 'noted' } });
  const set = { to: { responses: { 'moving.on': 'noted' } } };
  const moved = await settled('PATCH', '/units', { set, remove: ['from'], because: 'renamed' });
  assert.equal(moved.status, 200, JSON.stringify(moved.body));
  await followed(moved.body.version);
  assert.equal((await fate(fleet, await fleet.publish('moving.on', {}))).unit, 'to');
});

test('vsmcp.yaml read anew: what it says anew holds, what was changed live stays, what it drops goes', async () => {
  const live = await settled('PUT', '/units/lab', { responses: { 'lab.seen': 'noted', 'lab.live': 'noted' } });
  await followed(live.body.version);
  const { desk, lab } = config.units;
  const read = async (units: object) => {
    const reply = await settled('PUT', '/units', { units });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    await followed(reply.body.version);
    return reply.body;
  };
  assert.deepEqual((await read({ desk, lab })).because, 'it is so already');
  const unit = async (name: string) => (await http.call('GET', `/units/${name}`)).body.units?.[0];
  assert.ok('lab.live' in (await unit('lab')).responses, 'what was changed live stays while the file says the same');
  assert.ok(await unit('warm'), 'what was added live stays');

  const wrong = await settled('PUT', '/units', { units: { desk: { responses: { 'file.txt': { call: 'no.tool' } } } } });
  assert.equal(wrong.status, 409);
  assert.ok('lab.live' in (await unit('lab')).responses);

  await read({ desk, lab: { responses: { 'lab.seen': 'wanted' } } });
  assert.deepEqual((await unit('lab')).responses, { 'lab.seen': 'wanted' });
  assert.deepEqual((await read({ desk })).removed, ['lab']);
  assert.equal((await http.call('GET', '/units/lab')).status, 404);
  await read({ desk, lab });
});

test('call: person: it waits for a person, whose yes goes on with what they gave, and whose name the outcome has', async () => {
  const made = await settled('PUT', '/units/refunds', {
    responses: {
      'refund.wanted': {
        call: 'person',
        with: { question: '="Refund " + data.name + "?"' },
        // biome-ignore lint/suspicious/noThenProperty: the word of vsmcp.yaml
        then: [{ call: 'every.echo', with: { message: '="refunded " + string(results[0].amount)' } }],
      },
      'leave.wanted': { call: 'person', with: { question: 'May they?' } },
    },
  });
  await followed(made.body.version);
  for (const id of ['yes', 'no']) {
    await fleet.publish('refund.wanted', { name: 'Eve' }, { id });
    const asked = await fate(fleet, id);
    assert.deepEqual([asked.outcome, asked.reason], ['asked', 'Refund Eve?']);
  }
  const yes = await settled('POST', '/held/yes/answer', { verdict: 'approve', values: { amount: 12 } });
  assert.equal(yes.status, 200, JSON.stringify(yes.body));
  const done = await fleet.until(() => fleet.outcomes.find((o) => o.event.id === 'yes' && o.outcome === 'answered'));
  assert.equal(done.by, 'ada');
  assert.match(JSON.stringify(done.result), /refunded 12/);

  await settled('POST', '/held/no/answer', { verdict: 'deny', because: 'too late' });
  const denied = await fleet.until(() => fleet.outcomes.find((o) => o.event.id === 'no' && o.outcome === 'refused'));
  assert.deepEqual([denied.by, denied.reason], ['ada', 'too late']);

  await fleet.publish('leave.wanted', {}, { id: 'leave' });
  await fate(fleet, 'leave');
  await settled('POST', '/held/leave/answer', { verdict: 'approve', values: { until: 'Monday' } });
  const leave = await fleet.until(() => fleet.outcomes.find((o) => o.event.id === 'leave' && o.outcome === 'answered'));
  assert.match(JSON.stringify(leave.result), /"until":"Monday"/);

  const nobody = await settled('POST', '/held/leave/answer', { verdict: 'approve' });
  assert.match(nobody.body.message, /no event leave waits for a person/);
});

test('silence that is expected live hurts; when the unit goes, it hurts no more', async () => {
  await settled('PUT', '/units/pulse', { silence: { 'pulse.beat': '300ms' }, responses: { 'pulse.beat': 'noted' } });
  const hurts = async () => {
    const { alerts } = await fleet.ask('alerts', {});
    return alerts.some(({ alert, level }) => alert === 'silence:pulse:pulse.beat' && level !== 'closed');
  };
  await fleet.until(hurts, { timeout: 20_000, what: 'silence hurts' });
  await settled('DELETE', '/units/pulse');
  await fleet.until(async () => !(await hurts()), { timeout: 20_000, what: 'it is over' });
});

test('nobody outside can answer for a person', async () => {
  const forged = { by: 'ada', verdict: 'approve', values: {} };
  const event = { specversion: '1.0', id: 'forged', source: '/test', type: 'leave.wanted', data: {} };
  await settled('POST', '/events', { ...event, vsmcpanswer: JSON.stringify(forged) });
  assert.equal((await fate(fleet, 'forged')).outcome, 'asked');
});

test('ten thousand units at once, and each answers', async () => {
  const set = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, n) => [`shop-${n}`, { responses: { [`shop.${n}.sold`]: 'noted' } }]),
  );
  const made = await settled('PATCH', '/units', { set, because: 'a chain of shops' });
  assert.equal(made.status, 200, JSON.stringify(made.body).slice(0, 500));
  await followed(made.body.version);
  assert.ok((await fleet.ask('units', { limit: 0 })).total >= 10_000);
  for (const n of [0, 4711, 9999]) {
    assert.equal((await fate(fleet, await fleet.publish(`shop.${n}.sold`, {}))).unit, `shop-${n}`);
  }
  const remove = Object.keys(set);
  const gone = await settled('PATCH', '/units', { remove });
  await followed(gone.body.version);
  assert.ok((await fleet.ask('units', { limit: 0 })).total < 20);
});
