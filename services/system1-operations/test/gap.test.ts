import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  Algedonic,
  CapabilitiesChanged,
  type Capability,
  CapabilityState,
  type DataOf,
  Operate,
  Settle,
  Tried,
  Try,
} from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../test/support/fleet.js';
import { EVERYTHING, fate, listen, NPM_EVERYTHING, replica, voice } from './support/replica.js';

const s3 = voice('s3');
const replicas = [replica(), replica()];
let fleet: Fleet;
const capabilities: DataOf<typeof CapabilityState>[] = [];
const tried: DataOf<typeof Tried>[] = [];
const felt: DataOf<typeof Algedonic>[] = [];
let version = 0;

const config = {
  servers: { every: EVERYTHING },
  units: {
    desk: { absorbs: 'file.#', responses: { 'git.commit': 'wanted' as const, 'file.own': 'noted' as const } },
    steady: { silence: { 'file.beat': '2s' }, responses: { 'file.beat': 'noted' as const } },
  },
};

before(async () => {
  fleet = await openFleet({ services: [s3, ...replicas], config });
  await listen(s3.context(), CapabilityState, 'report', 's1.*.capability', (state) => capabilities.push(state));
  await listen(s3.context(), Tried, 'report', 's1.*.tried', (report) => tried.push(report));
  await listen(fleet.gateway, Algedonic, 'algedonic', '#', (signal) => felt.push(signal));
});
after(() => fleet.stop());

/** System 3's way to give the fleet a capability. */
async function give(row: Partial<Capability>, epoch = 1): Promise<void> {
  const full: Capability = {
    server: 'got',
    origin: 'acquired',
    version: '2026.8.31',
    state: 'wanted',
    tools: [],
    responses: {},
    spec: {
      npm: NPM_EVERYTHING,
      args: [],
      env: {},
      parallel: false,
      grants: { reads: [], writes: [], runs: [], network: false, hosts: [] },
    },
    ...row,
  };
  version = await fleet.state.capabilities.write(full.server, full, { system: 's3', epoch });
  await s3.context().say(CapabilitiesChanged, 's1.all.capabilities', { version, epoch });
}

const echo = { call: 'got.echo', with: { message: '=string(data.n)' } };

test('given 250 waiting events, when their capability comes, then each is answered, and none waits', async () => {
  const ids = await Promise.all(
    Array.from({ length: 250 }, (_, n) => fleet.publish(n % 2 ? 'file.cron' : 'git.commit', { n })),
  );
  await fleet.until(() => fleet.outcomes.filter((o) => o.outcome === 'parked').length === 250);
  await give({ responses: { 'file.cron': echo, 'git.commit': echo, 'file.own': echo } });
  const answered = () => fleet.outcomes.filter((o) => o.outcome === 'answered').map((o) => o.event.id);
  await fleet.until(() => answered().length >= 250, { timeout: 30_000, what: 'all answered' });
  assert.deepEqual(answered().sort(), ids.sort());
  const ready = capabilities.filter((state) => state.server === 'got' && state.state === 'ready');
  assert.equal(ready.length, 1, 'one owner: its tools are not known to be read-only');
  assert.ok(ready[0]?.contract && ready[0].integrity && ready[0].tools.length > 5);
  assert.equal((await fleet.ask('waiting', {})).events, 0);
  const next = await fate(fleet, await fleet.publish('file.cron', { n: 1 }));
  assert.equal(next.outcome, 'answered');
  const own = await fate(fleet, await fleet.publish('file.own', { n: 1 }));
  assert.equal(own.outcome, 'noted', 'what is configured wins');
});

test('given an event that the guard keeps out, when its guard changes, and nothing less, then it is tried again', async () => {
  const guarded = { ...echo, guard: 'data.n > 5' };
  await give({ responses: { 'file.vague': guarded } });
  const id = await fleet.publish('file.vague', { n: 3 });
  await fleet.until(() => fleet.outcomes.some((o) => o.event.id === id && o.cause === 'guard'));
  for (const type of ['file.other', 'file.more']) {
    const other = await fleet.publish(type, { n: 1 });
    await fleet.until(() => fleet.outcomes.some((o) => o.event.id === other));
    await give({ responses: { 'file.vague': { ...guarded, retries: 1 }, [type]: echo } });
    await fleet.until(() => fleet.outcomes.some((o) => o.event.id === other && o.outcome === 'answered'));
  }
  await give({ responses: { 'file.vague': { ...echo, guard: 'data.n > 1' } } });
  await fleet.until(() => fleet.outcomes.some((o) => o.event.id === id && o.outcome === 'answered'));
  const said = fleet.outcomes.filter((o) => o.event.id === id).map((o) => o.outcome);
  assert.deepEqual(said, ['parked', 'answered']);
});

test('given an event that one condition of a guard keeps out, when that condition is taken off, then it is answered', async () => {
  await give({ responses: { 'file.relaxed': { ...echo, guard: 'data.n > 1 && data.ok' } } });
  const kept = await fleet.publish('file.relaxed', { n: 3, ok: false });
  const still = await fleet.publish('file.relaxed', { n: 1, ok: false });
  await fleet.until(() => fleet.outcomes.filter((o) => o.event.type === 'file.relaxed').length === 2);
  await give({ responses: { 'file.relaxed': { ...echo, guard: 'data.n > 1' } } });
  await fleet.until(() => fleet.outcomes.some((o) => o.event.id === kept && o.outcome === 'answered'));
  const outcomes = (id: string) => fleet.outcomes.filter((o) => o.event.id === id).map((o) => o.outcome);
  await fleet.until(() => outcomes(still).length === 2);
  assert.deepEqual(
    [outcomes(kept), outcomes(still)],
    [
      ['parked', 'answered'],
      ['parked', 'parked'],
    ],
  );
});

test('given rows that another guard or an older release left after this guard was tried, then each is tried once, and no more', async () => {
  const guard = 'data.n > 1';
  await give({ responses: { 'file.late': { ...echo, guard } } });
  const settled = await fleet.publish('file.late', { n: 1 });
  await fleet.until(() => fleet.outcomes.some((o) => o.event.id === settled && o.cause === 'guard'));
  const said = (id: string) => fleet.outcomes.filter((o) => o.event.id === id).map((o) => o.outcome);
  const late = { type: 'file.late', unit: 'desk', holder: 'an older replica', outcome: 'parked', record: {} } as const;
  const leave = async (id: string, n: number, guard?: string) => {
    const event = { specversion: '1.0', source: '/test', id, type: late.type, data: { n } } as const;
    const held = { cause: 'guard', because: 'worded otherwise', ...(guard !== undefined && { guard }) } as const;
    assert.ok(await fleet.state.ledger.settleNew({ ...late, source: event.source, id, event, ...held }));
  };
  // What began under the former guard may be written after the sweep of the present one.
  for (const round of ['first', 'second']) {
    await leave(`${round}-null`, 3);
    await leave(`${round}-other`, 3, 'of another guard');
    await leave(`${round}-kept`, 1);
    await give({ responses: { 'file.late': { ...echo, guard }, [`file.${round}`]: echo } });
    await fleet.until(() => said(`${round}-null`).length > 0, { what: `${round}: the row of an older release` });
    await fleet.until(() => said(`${round}-other`).length > 0, { what: `${round}: the row of another guard` });
    await fleet.until(() => said(`${round}-kept`).length > 0, { what: `${round}: the row that is parked again` });
  }
  const of = (name: string) => [said(`first-${name}`), said(`second-${name}`)];
  assert.deepEqual(of('null'), [['answered'], ['answered']]);
  assert.deepEqual(of('other'), [['answered'], ['answered']]);
  assert.deepEqual([...of('kept'), said(settled)], [['parked'], ['parked'], ['parked']]);
});

test('given a contract that is not the approved one, when the server starts, then it is suspended and hurts', async () => {
  await give({ contract: 'another', responses: { 'file.cron': echo } });
  const suspended = () => capabilities.find((state) => state.server === 'got' && state.state === 'suspended');
  assert.match((await fleet.until(suspended)).reason ?? '', /not what was approved/);
  await fleet.until(() => felt.some((s) => s.alert === 'server:got' && s.severity === 'pain'));
  await give({ state: 'suspended', reason: 'drift', responses: { 'file.cron': echo } });
  const parked = await fate(fleet, await fleet.publish('file.cron', { n: 1 }));
  assert.deepEqual([parked.outcome, parked.cause], ['parked', 'unavailable']);
  await give({ responses: { 'file.cron': echo } });
  await fleet.until(() => fleet.outcomes.some((o) => o.event.id === parked.event.id && o.outcome === 'answered'));
  await fleet.until(() => felt.some((s) => s.alert === 'server:got' && s.severity === 'pleasure'));
});

test('given a removed capability, when its event comes, then it waits unanswered', async () => {
  await give({ state: 'removed' });
  await fleet.until(() => capabilities.some((state) => state.server === 'got' && state.state === 'removed'));
  const parked = await fate(fleet, await fleet.publish('file.cron', { n: 1 }));
  assert.equal(parked.cause, 'unanswered');
});

test('a trial: tools, contract and what the calls gave; a failed one says why', async () => {
  const grants = { reads: [], writes: [], runs: [], network: false, hosts: [] };
  const spec = { npm: NPM_EVERYTHING, args: [], env: {}, grants, parallel: false };
  const calls = [
    { tool: 'echo', arguments: { message: 'hi' }, expect: 'answer' as const },
    { tool: 'get-sum', arguments: { a: 'x' }, expect: 'error' as const },
  ];
  await s3.context().say(Try, 's1.any.try', { proposal: 'p1', epoch: 1, spec, grants, calls });
  const report = await fleet.until(() => tried.find((t) => t.proposal === 'p1'), { timeout: 30_000 });
  assert.equal(report.ok, true);
  assert.deepEqual(
    report.results.map((r) => r.error),
    [false, true],
  );
  assert.ok(report.contract && report.integrity && report.confinement);
  const broken = { ...spec, npm: 'no-such-package-vsmcp@0.0.1' };
  await s3.context().say(Try, 's1.any.try', { proposal: 'p2', epoch: 1, spec: broken, grants, calls: [] });
  const failed = await fleet.until(() => tried.find((t) => t.proposal === 'p2'), { timeout: 60_000 });
  assert.equal(failed.ok, false);
  assert.ok(failed.reason);
});

test('an operation that somebody asked for is done once, and its outcome told', async () => {
  const command = {
    operation: 'op-1',
    epoch: 1,
    type: 'operation.run',
    by: 'me',
    tool: 'every.echo',
    params: { message: '=not an expression' },
  };
  await s3.context().say(Operate, 's1.any.operate', command);
  const outcome = await fate(fleet, 'op-1');
  assert.deepEqual([outcome.outcome, outcome.event.source, outcome.unit], ['answered', '/operations', 'operations']);
  assert.match(JSON.stringify(outcome.result), /=not an expression/);
  await s3.context().say(Operate, 's1.any.operate', { ...command, operation: 'op-2', tool: 'every.nothing' });
  const dead = await fate(fleet, 'op-2');
  assert.equal(dead.outcome, 'dead');
  assert.match(dead.reason ?? '', /offers no tool/);
});

test('held events are let go or replayed on command; a deposed leader’s command is refused', async () => {
  const id = await fleet.publish('file.unwanted', { n: 1 });
  await fate(fleet, id);
  const filter = { type: 'file.unwanted', limit: 10 };
  await s3.context().say(Settle, 's1.any.settle', { epoch: 5, how: 'discard', filter, because: 'not ours' });
  const gone = await fleet.until(() => fleet.outcomes.find((o) => o.event.id === id && o.outcome === 'discarded'));
  assert.equal(gone.reason, 'not ours');

  const kept = await fleet.publish('file.unwanted', { n: 2 });
  await fate(fleet, kept);
  await s3.context().say(Settle, 's1.any.settle', { epoch: 5, how: 'replay', filter, because: 'try again' });
  await fleet.until(() => fleet.outcomes.filter((o) => o.event.id === kept && o.outcome === 'parked').length === 2);

  // Whichever replica hears it has heard of epoch 6 before.
  await s3.context().say(CapabilitiesChanged, 's1.all.capabilities', { version, epoch: 6 });
  await s3.context().say(Settle, 's1.any.settle', { epoch: 2, how: 'discard', filter, because: 'deposed' });
  await s3.context().say(Settle, 's1.any.settle', { epoch: 6, how: 'refuse', filter, because: 'no-strangers-code' });
  const refused = await fleet.until(() => fleet.outcomes.find((o) => o.event.id === kept && o.outcome === 'refused'));
  assert.equal(refused.reason, 'no-strangers-code');
});

test('an expected event that stays away hurts; when it is back, that is told', async () => {
  // on a busy machine it may have hurt before anybody listened
  await fleet.publish('file.beat', {});
  felt.length = 0;
  const of = (severity: string) => felt.find((s) => s.alert === 'silence:steady:file.beat' && s.severity === severity);
  const pain = await fleet.until(() => of('pain'), { timeout: 20_000 });
  assert.equal(pain.unit, 'steady');
  await fleet.publish('file.beat', {});
  const after = () => felt.slice(felt.indexOf(pain));
  await fleet.until(() => after().some(({ alert, severity }) => alert === pain.alert && severity === 'pleasure'));
});
