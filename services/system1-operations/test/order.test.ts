import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DONE, packFrame } from '@vsmcp/nervous-system';
import type { Service } from '@vsmcp/service';
import { CLOUDEVENTS_JSON, type CloudEvent, FRAME, partitionHeaders } from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../test/support/fleet.js';
import { untilSettled } from '../src/handling/handover.js';
import { FILESYSTEM, fate, replica, voice } from './support/replica.js';

/** A replica that the test starts and stops within its fleet. */
function tended(): Service & { begin(): Promise<void>; stop(): Promise<void> } {
  let begin = async () => {};
  let end = async () => {};
  return {
    system: 's1',
    async start(context) {
      begin = async () => {
        end = await replica().start(context);
      };
      return () => this.stop();
    },
    begin: () => begin(),
    async stop() {
      const ending = end;
      end = async () => {};
      await ending();
    },
  };
}

const event = (id: string, type: string, partitionkey: string, data: unknown = {}): CloudEvent => ({
  specversion: '1.0',
  id,
  source: '/order',
  type,
  time: new Date().toISOString(),
  data,
  partitionkey,
});

/** Publishes one as anybody outside could, with its key in the header. */
async function publish(fleet: Fleet, one: CloudEvent): Promise<void> {
  const content = Buffer.from(JSON.stringify(one));
  const to = { channel: 'environment', key: one.type, id: one.id } as const;
  await fleet.world.publish({ ...to, content, contentType: CLOUDEVENTS_JSON, headers: partitionHeaders(one) });
}

/** Key → the numbers of its events, in the order in which anything was first said of them. */
function order(fleet: Fleet): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const id of new Set(fleet.outcomes.map((o) => o.event.id))) {
    const [key = '', n] = id.split(':');
    found.set(key, [...(found.get(key) ?? []), Number(n)]);
  }
  return found;
}

test('20 keys, 200 events each, while replicas are added and leave: in order by key', async (t) => {
  const [first, second, third] = [tended(), tended(), tended()];
  const fleet = await openFleet({
    services: [first, second, third],
    config: { units: { steps: { responses: { 'step.taken': 'noted' } } } },
  });
  t.after(() => fleet.stop());
  await first.begin();
  const keys = Array.from({ length: 20 }, (_, k) => `key-${k}`);
  const faults = new Map<number, () => Promise<void>>([
    [50, () => second.begin()],
    [100, () => first.stop()],
    [125, () => third.begin()],
    [150, () => second.stop()],
  ]);
  for (let n = 0; n < 200; n++) {
    const fault = faults.get(n)?.();
    for (const key of keys) await publish(fleet, event(`${key}:${n}`, 'step.taken', key));
    await fault;
  }
  await fleet.until(
    () => fleet.outcomes.length >= 4000 && new Set(fleet.outcomes.map((o) => o.event.id)).size === 4000,
    {
      timeout: 60_000,
      what: 'all noted',
    },
  );
  const expected = Array.from({ length: 200 }, (_, n) => n);
  for (const key of keys) assert.deepEqual(order(fleet).get(key), expected, key);
  assert.deepEqual(await fleet.state.ledger.account(), { received: 4000, outcomes: { noted: 4000 } });
  assert.equal(new Set(fleet.outcomes.map((o) => o.instance)).size, 3, 'each replica had its turn');
});

test('an event that is tried again holds up those behind it with its key, and no others', async (t) => {
  const fleet = await openFleet({
    services: [replica()],
    config: {
      servers: { files: FILESYSTEM },
      units: {
        desk: {
          responses: {
            'file.read': { call: 'files.read_text_file', with: { path: '=data.name' }, retries: 10 },
            'file.seen': 'noted',
          },
        },
      },
    },
  });
  t.after(() => fleet.stop());
  await mkdir(join(fleet.home, 'desk'), { recursive: true });
  await writeFile(join(fleet.home, 'desk/there.txt'), 'there');
  await publish(fleet, event('opening', 'file.read', 'x', { name: 'there.txt' }));
  assert.equal((await fate(fleet, 'opening', 60_000)).outcome, 'answered');
  await publish(fleet, event('a:0', 'file.read', 'a', { name: 'later.txt' }));
  await publish(fleet, event('a:1', 'file.seen', 'a'));
  for (let n = 0; n < 50; n++) await publish(fleet, event(`b:${n}`, 'file.seen', 'b'));
  await fate(fleet, 'b:49');
  const said = () => fleet.outcomes.map((o) => o.event.id);
  assert.ok(!said().includes('a:1'), 'it waits');
  await writeFile(join(fleet.home, 'desk/later.txt'), 'now');
  assert.equal((await fate(fleet, 'a:1')).outcome, 'noted');
  assert.deepEqual(order(fleet).get('a'), [0, 1]);
  assert.equal(fleet.outcomes.find((o) => o.event.id === 'a:0')?.outcome, 'answered');
});

test('an unreadable event and a batch keep their places too', async (t) => {
  const fleet = await openFleet({
    services: [replica()],
    config: { units: { steps: { responses: { 'step.taken': 'noted' } } } },
  });
  t.after(() => fleet.stop());
  const headers = { 'cloudEvents:partitionkey': 'k' };
  const send = (contentType: string, body: unknown) =>
    fleet.world.publish({
      channel: 'environment',
      key: 'step.taken',
      contentType,
      headers,
      content: Buffer.from(JSON.stringify(body)),
    });
  const batch = [1, 2].map((n) => event(`k:${n}`, 'step.taken', 'k'));
  await send(CLOUDEVENTS_JSON, event('k:0', 'step.taken', 'k'));
  await send('application/cloudevents-batch+json', [...batch, { id: 'k:3' }]);
  await send(CLOUDEVENTS_JSON, event('k:4', 'step.taken', 'k'));
  await fate(fleet, 'k:4');
  assert.deepEqual(
    fleet.outcomes.map((o) => o.outcome),
    ['noted', 'noted', 'noted', 'dead', 'noted'],
  );
  assert.deepEqual(
    fleet.outcomes.filter((o) => o.outcome === 'noted').map((o) => o.event.id),
    ['k:0', 'k:1', 'k:2', 'k:4'],
  );
});

test('one bad event of a frame costs only that one, and each of the others is counted', async (t) => {
  const fleet = await openFleet({
    services: [replica()],
    config: { units: { steps: { responses: { 'step.taken': 'noted' } } } },
  });
  t.after(() => fleet.stop());
  const events = Array.from({ length: 1000 }, (_, n) => ({ ...event(`f:${n}`, 'step.taken', 'f'), data: { n } }));
  const spoiled = events.map((one, n) => (n === 500 ? { ...one, time: 'yesterday' } : one));
  const content = packFrame(spoiled);
  await fleet.world.publish({ channel: 'environment', key: 'step.taken', content, contentType: FRAME, id: 'frame-1' });
  await fleet.until(() => fleet.outcomes.length === 1000, { timeout: 30_000, what: '1,000 outcomes' });
  assert.deepEqual(await fleet.state.ledger.account(), { received: 1000, outcomes: { noted: 999, dead: 1 } });
  const { held } = await fleet.state.ledger.held({ reason: 'dead', limit: 10 });
  assert.match(held[0]?.because ?? '', /not a CloudEvent: time/);
  assert.match(JSON.stringify(held[0]?.event), /f:500/);
});

test('what was handed over is waited for until it is settled, by whoever', async (t) => {
  const me = voice('s1');
  const fleet = await openFleet({ services: [me] });
  t.after(() => fleet.stop());
  const given = event('given', 'file.md', 'k');
  const task = { event: given, attempts: 0, arrived: 0, unsure: false, inOrder: true } as const;
  const key = { source: given.source, id: given.id, unit: 'desk' };
  const { ledger } = fleet.state;
  const claim = await ledger.claim({ ...key, type: given.type, holder: 'another', deadline: Date.now() + 60_000 });
  assert.equal(claim.state, 'fresh');
  let ended = false;
  const waiting = untilSettled(me.context(), task, new AbortController().signal).finally(() => {
    ended = true;
  });
  for (let looks = 0; looks < 5; looks++) await ledger.isSettled(key);
  assert.equal(ended, false);
  await ledger.settle({ ...key, attempt: 1, outcome: 'answered', record: {} });
  assert.deepEqual(await waiting, DONE);
  assert.equal((await untilSettled(me.context(), task, AbortSignal.abort())).result, 'later');
});
