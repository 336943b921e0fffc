import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Algedonic, CLOUDEVENTS_BATCH, type DataOf, Load } from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../test/support/fleet.js';
import { EVERYTHING, fate, listen, MEMORY, replica } from './support/replica.js';

const note = { entities: [{ name: '=data.name', entityType: 'note', observations: '=[data.text]' }] };
const config = {
  environment: {
    senses: [{ folder: 'desk/inbox' }],
    answers: [{ folder: 'desk/outbox' }],
  },
  servers: { every: EVERYTHING, memory: MEMORY },
  units: {
    desk: {
      absorbs: 'file.#',
      responses: {
        'file.txt': { call: 'every.echo', with: { message: '=data.text + " of " + string(data.n)' } },
        'file.ok': 'noted' as const,
        'file.wish': 'wanted' as const,
        'file.guarded': { call: 'every.echo', with: { message: '=data.text' }, guard: 'size(data.text) > 3' },
        'file.unmapped': { call: 'every.echo', with: { message: '=data.nothing' } },
        'file.gone': { call: 'nowhere.tool' },
        'file.late': { call: 'memory.create_entities', with: note, deadline: 1 },
        'file.md': { call: 'memory.create_entities', with: note },
        'file.wrong': { call: 'every.get-sum', with: { a: 'one', b: 2 }, retries: 0 },
        'file.steps': {
          call: 'every.get-sum',
          with: { a: 1, b: 2 },
          // biome-ignore lint/suspicious/noThenProperty: the word of vsmcp.yaml
          then: [{ call: 'every.echo', with: { message: '="first: " + results[0].text' } }],
        },
      },
    },
    machine: {
      responses: { 'host.*': { call: 'every.echo', with: { message: '=string(data.used)' }, latest: '1h' } },
    },
  },
};

let fleet: Fleet;
const pains: DataOf<typeof Algedonic>[] = [];
const loads: DataOf<typeof Load>[] = [];
before(async () => {
  fleet = await openFleet({ services: [replica()], config });
  await listen(fleet.gateway, Algedonic, 'algedonic', '#', (pain) => pains.push(pain));
  await listen(fleet.gateway, Load, 'report', 's1.*.load', (load) => loads.push(load));
});
after(() => fleet.stop());

test('a mapped event is answered by its tool; the answer lies beside the question', async () => {
  const id = await fleet.publish('file.txt', { name: '../a.txt', text: 'hello', n: 42 });
  const outcome = await fate(fleet, id);
  assert.equal(outcome.outcome, 'answered');
  assert.equal(outcome.tool, 'every.echo');
  assert.match(JSON.stringify(outcome.result), /hello of 42/);
  const answer = join(fleet.home, 'desk/outbox/a.txt.answer.md');
  const text = await fleet.until(() => readFile(answer, 'utf8').catch(() => undefined));
  assert.match(text, /answered by every\.echo[\s\S]*hello of 42/);
});

test('noted, wanted, unmatched, guarded, unavailable: each with its cause', async () => {
  const cases = [
    ['file.ok', 'noted', undefined],
    ['file.wish', 'parked', 'wanted'],
    ['file.strange', 'parked', 'unanswered'],
    ['nobody.knows', 'parked', 'unanswered'],
    ['file.gone', 'parked', 'unavailable'],
    ['file.guarded', 'parked', 'guard'],
  ] as const;
  for (const [type, outcome, cause] of cases) {
    const became = await fate(fleet, await fleet.publish(type, { text: 'x' }));
    assert.deepEqual([type, became.outcome, became.cause], [type, outcome, cause]);
  }
});

test('the steps of a response see the results before them', async () => {
  const outcome = await fate(fleet, await fleet.publish('file.steps', {}));
  assert.equal(outcome.outcome, 'answered');
  assert.match(JSON.stringify(outcome.result), /first: .*3/);
});

test('a mapping that fails, and a tool that says no, end as dead with the reason', async () => {
  const unmapped = await fate(fleet, await fleet.publish('file.unmapped', {}));
  assert.equal(unmapped.outcome, 'dead');
  assert.match(unmapped.reason ?? '', /data\.nothing/);
  const wrong = await fate(fleet, await fleet.publish('file.wrong', {}));
  assert.equal(wrong.outcome, 'dead');
  assert.ok(wrong.reason);
});

test('of a period’s events one is called, the rest is attenuated', async () => {
  const ids = await Promise.all([1, 2, 3].map((used) => fleet.publish('host.load', { used })));
  const kinds = await Promise.all(ids.map(async (id) => (await fate(fleet, id)).outcome));
  assert.deepEqual(kinds.sort(), ['answered', 'attenuated', 'attenuated']);
});

test('the same event twice: one call, the same outcome said again', async () => {
  const twice = { id: 'twice', source: '/press' };
  await fleet.publish('file.txt', { name: 't', text: 'once', n: 1 }, twice);
  const first = await fate(fleet, 'twice');
  await fleet.publish('file.txt', { name: 't', text: 'once', n: 1 }, twice);
  const both = await fleet.until(() => {
    const said = fleet.outcomes.filter((o) => o.event.id === 'twice');
    return said.length === 2 && said;
  });
  assert.deepEqual(both[1], first);
});

test('an outcome that was written and never said is said when the event comes again', async () => {
  const { ledger } = fleet.state;
  const name = { source: '/press', id: 'unsaid', unit: 'desk' };
  const event = { source: name.source, id: name.id, type: 'file.txt' };
  await ledger.claim({ ...name, type: 'file.txt', holder: 'gone', deadline: 0 });
  const record = { event, unit: 'desk', outcome: 'answered' as const, attempts: 1, instance: 'gone' };
  await ledger.settle({ ...name, attempt: 1, outcome: 'answered', record });
  await fleet.publish('file.txt', { text: 'x', n: 1 }, name);
  assert.deepEqual(await fate(fleet, 'unsaid'), record);
});

test('a call that may have happened and must not happen twice: in doubt, with pain; one without effect is made again', async () => {
  const { ledger } = fleet.state;
  for (const [id, type] of [
    ['written', 'file.md'],
    ['harmless', 'file.txt'],
  ] as const) {
    const name = { source: '/press', id, unit: 'desk' };
    await ledger.claim({ ...name, type, holder: 'gone', deadline: 0 });
    assert.ok(await ledger.intend(name, 1, 0));
    await fleet.publish(type, { name: id, text: 'x', n: 1 }, name);
  }
  assert.equal((await fate(fleet, 'written')).outcome, 'doubt');
  assert.equal((await fate(fleet, 'harmless')).outcome, 'answered');
  await fleet.until(() => pains.some((pain) => pain.alert === 'doubt:desk'));
});

test('a write that is not answered in time: in doubt; its server is started anew and answers the next', async () => {
  const late = await fate(fleet, await fleet.publish('file.late', { name: 'late', text: 'x'.repeat(500_000) }));
  assert.equal(late.outcome, 'doubt');
  const next = await fate(fleet, await fleet.publish('file.md', { name: 'next', text: 'y' }));
  assert.equal(next.outcome, 'answered');
});

test('a batch: each event has its own fate, a bad one costs only itself', async () => {
  const world = fleet.broker.connect({ path: 'vsm', party: 'world', instance: 'press', log: fleet.gateway.log });
  const event = (id: string, more: object = {}) => ({
    specversion: '1.0',
    source: '/batch',
    type: 'file.txt',
    data: { text: id, n: 1 },
    id,
    ...more,
  });
  const content = Buffer.from(JSON.stringify([event('b1'), event('b2', { data: {} }), { id: 'b3' }, event('b4')]));
  await world.publish({
    channel: 'environment',
    key: 'file.txt',
    content,
    contentType: CLOUDEVENTS_BATCH,
    id: 'batch',
  });
  assert.equal((await fate(fleet, 'b1')).outcome, 'answered');
  assert.equal((await fate(fleet, 'b2')).outcome, 'dead');
  assert.equal((await fate(fleet, 'b4')).outcome, 'answered');
  const { held } = await fleet.ask('held', { reason: 'dead', source: 'unreadable:environment' });
  assert.equal(held.length, 1);
  assert.match(held[0]?.because ?? '', /CloudEvent/);
  await world.close();
});

test('plain text that is no JSON is held as dead, with its beginning', async () => {
  const world = fleet.broker.connect({ path: 'vsm', party: 'world', instance: 'press', log: fleet.gateway.log });
  const content = Buffer.from('no json');
  await world.publish({ channel: 'environment', key: 'file.txt', content, contentType: 'application/json', id: 'bad' });
  assert.equal((await fate(fleet, 'bad')).outcome, 'dead');
  const { held } = await fleet.ask('held', { reason: 'dead', id: 'bad' });
  assert.match(JSON.stringify(held[0]?.event), /no json/);
  await world.close();
});

test('two unreadable messages of one name are both held, one that comes again is not held twice', async () => {
  const world = fleet.broker.connect({ path: 'vsm', party: 'world', instance: 'press2', log: fleet.gateway.log });
  const send = (text: string) =>
    world.publish({
      channel: 'environment',
      key: 'file.txt',
      contentType: 'application/json',
      id: 'same',
      content: Buffer.from(text),
    });
  for (const text of ['{one', '{two', '{one', '{two']) await send(text);
  const raws = async () => {
    const { held } = await fleet.ask('held', { reason: 'dead', source: 'unreadable:environment' });
    return held.filter(({ id }) => id.startsWith('same')).map(({ event }) => (event as { raw: string }).raw);
  };
  await fleet.until(async () => (await raws()).length === 2, { what: 'both are held' });
  assert.equal((await fate(fleet, await fleet.publish('file.ok', {}))).outcome, 'noted');
  assert.deepEqual((await raws()).sort(), ['{one', '{two']);
  await world.close();
});

test('questions: what waits, with samples; the account balances with the reports', async () => {
  const waiting = await fleet.ask('waiting', {});
  const strange = waiting.waiting.find((kind) => kind.type === 'file.strange');
  assert.deepEqual([strange?.unit, strange?.events, strange?.samples], ['desk', 1, [{ text: 'x' }]]);
  const { units } = await fleet.ask('units', {});
  assert.deepEqual(units.map((unit) => unit.name).sort(), ['desk', 'machine']);
  const account = await fleet.ask('account', {});
  const settled = Object.values(account.outcomes).reduce((sum, n) => sum + n, 0);
  assert.equal(settled, account.received);
  const told = () => loads.flatMap((load) => Object.values(load.outcomes)).reduce((sum, n) => sum + n, 0);
  // One outcome was settled by the test itself, in the ledger.
  await fleet.until(() => told() === account.received - 1, { what: 'all outcomes reported' });
});
