import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Framer, type Outgoing, packFrame, unpackFrame } from '@vsmcp/nervous-system';
import { arrive, type CloudEvent, eventsOfFrame, FRAME } from '@vsmcp/vsm';
import fc from 'fast-check';
import { clock } from './world.js';

const event = (id: string, more: object = {}): CloudEvent => ({
  specversion: '1.0',
  id,
  source: '/shop',
  type: 'order.placed',
  time: '2026-01-02T03:04:05.678Z',
  datacontenttype: 'application/json',
  data: { order: id, items: [1, 2.5, null], paid: true },
  ...more,
});
const limits = { maxBytes: 1_000_000, now: 0, newId: () => 'new', unpack: unpackFrame };
const idsIn = (message: Outgoing): unknown[] =>
  arrive({ ...message, headers: {} }, limits).map((one) => (one.ok ? one.event.id : one.reason));

function gathering(options: object = {}) {
  const sent: Outgoing[] = [];
  const publish = async (message: Outgoing) => void sent.push(message);
  return { sent, framer: new Framer({ publish, clock, ...options }) };
}

test('packed and unpacked, events are what they were', () => {
  const events = [event('1'), event('2', { data: { order: 'é', deep: { a: [{}] } } }), event('3', { data: 'text' })];
  for (const some of [events, events.slice(0, 2)]) {
    const { events: found } = eventsOfFrame(unpackFrame(packFrame(some)));
    assert.deepEqual(
      found.map((one) => one.ok && JSON.parse(JSON.stringify(one.event))),
      some,
    );
  }
});

test('whatever comes as a frame is read or refused, and nothing throws', () => {
  const packed = packFrame([event('1'), event('2')]);
  const incoming = (content: Uint8Array) => ({ key: 'order.placed', contentType: FRAME, headers: {}, content });
  const spoiled = fc.tuple(fc.nat(packed.length - 1), fc.nat(255)).map(([at, byte]) => {
    const copy = Uint8Array.from(packed);
    copy[at] = byte;
    return copy;
  });
  const cut = fc.nat(packed.length - 1).map((at) => packed.slice(0, at));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), spoiled, cut), (content) => {
      for (const one of arrive(incoming(content), limits)) if (one.ok) JSON.stringify(one.event);
    }),
    { numRuns: 2000 },
  );
  // nesting that would exhaust the stack
  const [deep] = arrive(incoming(new Uint8Array(900_000).fill(0x91)), limits);
  assert.equal(deep?.ok, false);
});

test('events of one type and key travel together, in order', async () => {
  const { sent, framer } = gathering();
  const all = [event('1'), event('2', { partitionkey: 'k' }), event('3'), event('4', { type: 'order.paid' })];
  const added = all.map((each) => framer.add(each));
  await framer.flush();
  await Promise.all(added);
  assert.deepEqual(sent.map(idsIn), [['1', '3'], ['2'], ['4']]);
  assert.deepEqual(
    sent.map(({ key }) => key),
    ['order.placed', 'order.placed', 'order.paid'],
  );
  assert.deepEqual(sent[1]?.headers, { 'cloudEvents:partitionkey': 'k' });
});

test('a frame goes out when it is full, or when its time is over', async () => {
  const { sent, framer } = gathering({ events: 2 });
  await Promise.all([framer.add(event('1')), framer.add(event('2'))]);
  assert.deepEqual(sent.map(idsIn), [['1', '2']]);
  await framer.add(event('3'));
  assert.deepEqual(idsIn(sent[1] as Outgoing), ['3']);
});

test('frames of large events are smaller', async () => {
  const { sent, framer } = gathering({ bytes: 10_000, linger: 1000 });
  const text = 'x'.repeat(1000);
  const added = Array.from({ length: 200 }, (_, n) => framer.add(event(`${n}`, { data: { text } })));
  await framer.flush();
  await Promise.all(added);
  assert.ok(
    sent.every(({ content }) => content.length <= 20_000),
    `${sent.map(({ content }) => content.length)}`,
  );
  assert.deepEqual(
    sent.flatMap(idsIn),
    Array.from({ length: 200 }, (_, n) => `${n}`),
  );
});

test('who added an event is told when its frame was not taken', async () => {
  const framer = new Framer({ publish: () => Promise.reject(new Error('no broker')), clock });
  const added = [framer.add(event('1')), framer.add(event('2'))];
  for (const each of added) await assert.rejects(each, /no broker/);
});
