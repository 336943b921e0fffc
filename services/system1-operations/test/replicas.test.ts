import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { on, type Service } from '@vsmcp/service';
import { Claim, Grant, Release } from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../test/support/fleet.js';
import { EVERYTHING, fate, MEMORY, replica, voice } from './support/replica.js';

const note = { entities: [{ name: '=data.name', entityType: 'note', observations: [] }] };
const desk = { absorbs: 'file.#', responses: { 'file.md': { call: 'memory.create_entities', with: note } } };

/** A replica that can be stopped before its fleet. */
function stoppable(): Service & { stop: () => Promise<void> } {
  let end = async () => {};
  return {
    system: 's1',
    async start(context) {
      end = await replica().start(context);
      return () => this.stop();
    },
    async stop() {
      const ending = end;
      end = async () => {};
      await ending();
    },
  };
}

const publishNotes = (fleet: Fleet, count: number, type = 'file.md') =>
  Promise.all(Array.from({ length: count }, (_, n) => fleet.publish(type, { name: `note-${n}` })));
const answered = (fleet: Fleet) => fleet.outcomes.filter((o) => o.outcome === 'answered').map((o) => o.event.id);

async function kept(fleet: Fleet): Promise<string[]> {
  const lines = (await readFile(join(fleet.home, 'desk/memory.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line).name);
}

test('two hundred notes at once, two replicas, a server that writes: each note is kept, and none twice', async (t) => {
  const fleet = await openFleet({
    services: [replica(), replica()],
    config: { servers: { memory: MEMORY }, units: { desk } },
  });
  t.after(() => fleet.stop());
  const ids = await publishNotes(fleet, 200);
  await fleet.until(() => answered(fleet).length >= 200, { timeout: 60_000, what: '200 answers' });
  assert.deepEqual(answered(fleet).sort(), ids.sort());
  assert.equal(new Set(await kept(fleet)).size, 200);
  assert.equal((await kept(fleet)).length, 200);
  assert.deepEqual(await fleet.state.ledger.account(), { received: 200, outcomes: { answered: 200 } });
});

test('the owner of a server drains while notes come: what it had begun it ends, the rest the next owner does', async (t) => {
  const first = stoppable();
  const fleet = await openFleet({
    services: [first, replica()],
    config: { servers: { memory: MEMORY }, units: { desk } },
    leadership: { ttl: 2000, renew: 200, margin: 500 },
  });
  t.after(() => fleet.stop());
  await fate(fleet, await fleet.publish('file.md', { name: 'opening' }));
  await publishNotes(fleet, 60);
  await fleet.until(() => answered(fleet).length > 5);
  await first.stop();
  const then = answered(fleet).length;
  await fleet.until(() => answered(fleet).length >= 61, { timeout: 60_000, what: 'all answered' });
  assert.ok(then < 61, 'it drained in the middle of the work');
  assert.equal(new Set(answered(fleet)).size, 61);
  assert.deepEqual(await fleet.state.ledger.account(), { received: 61, outcomes: { answered: 61 } });
  assert.equal((await kept(fleet)).length, 61);
});

test('what may be repeated is called without a claim: twice at once, one settlement; and a replica that vanishes loses nothing', async (t) => {
  const victim = replica();
  const response = { call: 'every.echo', with: { message: '=data.name' } };
  const slow = { call: 'every.trigger-long-running-operation', with: { duration: 1, steps: 1 }, idempotent: true };
  const fleet = await openFleet({
    services: [victim, replica()],
    config: {
      servers: { every: EVERYTHING },
      units: { desk: { responses: { 'file.txt': response, 'file.slow': slow } } },
    },
  });
  t.after(() => fleet.stop());
  await fate(fleet, await fleet.publish('file.txt', { name: 'opening' }));
  const twice = { id: 'twice', source: '/press' };
  // The replicas take in turn, so each has one of them.
  await fleet.publish('file.slow', {}, twice);
  await fleet.publish('file.slow', {}, twice);
  const both = await fleet.until(() => {
    const said = fleet.outcomes.filter(({ event }) => event.id === 'twice');
    return said.length >= 2 && said;
  });
  assert.deepEqual(both[1], both[0], 'what the first settled holds, and the second says it again');
  assert.deepEqual(await fleet.state.ledger.account(), { received: 2, outcomes: { answered: 2 } });

  const ids = await publishNotes(fleet, 300, 'file.txt');
  await fleet.until(() => answered(fleet).length > 20);
  await fleet.context(victim).bus.close();
  await fleet.until(() => new Set(answered(fleet)).size >= 302, { timeout: 90_000, what: 'all answered' });
  const said = new Set(answered(fleet));
  assert.ok(ids.every((id) => said.has(id)));
  assert.equal(fleet.outcomes.filter((o) => o.outcome !== 'answered').length, 0);
  assert.deepEqual(await fleet.state.ledger.account(), { received: 302, outcomes: { answered: 302 } });
});

test('servers that one response uses together come to one replica, and each event passes through both once', async (t) => {
  const second = { call: 'archive.create_entities', with: note };
  // biome-ignore lint/suspicious/noThenProperty: the word of vsmcp.yaml
  const both = { call: 'memory.create_entities', with: note, then: [second] };
  const archive = { ...MEMORY, env: { MEMORY_FILE_PATH: 'desk/archive.jsonl' } };
  const fleet = await openFleet({
    services: [replica(), replica()],
    config: { servers: { memory: MEMORY, archive }, units: { desk: { responses: { 'file.md': both } } } },
  });
  t.after(() => fleet.stop());
  await publishNotes(fleet, 20);
  await fleet.until(() => answered(fleet).length >= 20, { timeout: 60_000, what: 'all answered' });
  assert.equal(new Set(answered(fleet)).size, 20);
  assert.equal((await kept(fleet)).length, 20);
  const archived = (await readFile(join(fleet.home, 'desk/archive.jsonl'), 'utf8')).trim().split('\n');
  assert.equal(archived.length, 20);
});

test('claims are asked of System 2 first; refused they come again, granted they are released after the call', async (t) => {
  const s2 = voice('s2');
  const call = {
    call: 'every.echo',
    with: { message: '=data.name' },
    claims: ['="notice/" + data.name', { resource: 'board', of: 3 }],
  };
  const fleet = await openFleet({
    services: [s2, replica()],
    config: { servers: { every: EVERYTHING }, units: { tidy: { responses: { 'notice.stale': call } } } },
  });
  t.after(() => fleet.stop());
  const heard: string[] = [];
  await s2.context().hear('s2.coordination', [
    on(Claim, async ({ data }) => {
      for (const { claim, resources } of data.claims) {
        const again = heard.push(`claim ${resources.map(({ resource, of }) => `${resource} of ${of}`).join()}`) > 1;
        const grant = again ? { granted: true, token: 1 } : { granted: false, wait: 100, reason: 'busy' };
        await s2.context().say(Grant, `grant.${data.instance}`, { grants: [{ claim, ...grant }] });
      }
    }),
    on(Release, async ({ data }) => void heard.push(`release ${data.claims.length}`)),
  ]);
  const outcome = await fate(fleet, await fleet.publish('notice.stale', { name: 'welcome' }));
  assert.equal(outcome.outcome, 'answered');
  assert.equal(outcome.attempts, 2);
  await fleet.until(() => heard.length === 3);
  const claimed = 'claim notice/welcome of 1,board of 3';
  assert.deepEqual(heard, [claimed, claimed, 'release 1']);
});

test('a claim that waits keeps nothing else of its unit from running', async (t) => {
  const s2 = voice('s2');
  const echo = { call: 'every.echo', with: { message: '=data.name' } };
  const responses = { 'notice.stale': { ...echo, claims: 'board' }, 'notice.plain': echo };
  const fleet = await openFleet({
    services: [s2, replica()],
    // one operation at a time: a waiting claim that kept its place would stop everything
    config: {
      servers: { every: EVERYTHING },
      units: { tidy: { responses } },
      settings: { max_concurrent_operations: 1 },
    },
  });
  t.after(() => fleet.stop());
  let grant = async () => {};
  await s2.context().hear('s2.coordination', [
    on(Claim, async ({ data }) => {
      const grants = data.claims.map(({ claim }) => ({ claim, granted: true, token: 1 }));
      grant = () => s2.context().say(Grant, `grant.${data.instance}`, { grants });
    }),
  ]);
  const first = await fleet.publish('notice.plain', { name: 'the server is there' });
  await fate(fleet, first);
  const waits = await fleet.publish('notice.stale', { name: 'waits' });
  const plain = await fleet.publish('notice.plain', { name: 'plain' });
  assert.equal((await fate(fleet, plain)).outcome, 'answered');
  assert.equal(
    fleet.outcomes.some((o) => o.event.id === waits),
    false,
  );
  await grant();
  assert.equal((await fate(fleet, waits)).outcome, 'answered');
});
