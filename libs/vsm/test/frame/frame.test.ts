import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrive, type CloudEvent, eventsOfFrame, FRAME, type Framed, frameOf } from '@vsmcp/vsm';
import fc from 'fast-check';
import { MOST_FIELDS } from '../../src/frame/frame.js';

const name = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0'));
const key = fc.string({ maxLength: 8 }).filter((text) => text !== '__proto__');
const data = fc.oneof(
  fc.dictionary(key, fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true }),
  fc.jsonValue({ maxDepth: 3 }),
);
const time = fc
  .date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const event: fc.Arbitrary<CloudEvent> = fc
  .record(
    { id: name, source: name, time, data, partitionkey: name, subject: name },
    { requiredKeys: ['id', 'source'], noNullPrototype: true },
  )
  .map((some) => ({ specversion: '1.0', type: 'order.placed', datacontenttype: 'application/json', ...some }));

/** As it reads after any way through JSON. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const good = (events: readonly Framed[]) => events.flatMap((one) => (one.ok ? [one.event] : []));
const one = (id: string, more: object = {}): CloudEvent => ({
  specversion: '1.0',
  id,
  source: '/shop',
  type: 'order.placed',
  time: '2026-01-02T03:04:05.678Z',
  datacontenttype: 'application/json',
  data: { order: id },
  ...more,
});

test('events come out of a frame as they went in', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 20 }), (events) => {
      const { type, events: found } = eventsOfFrame(frameOf(events));
      assert.equal(type, 'order.placed');
      assert.deepEqual(plain(good(found)), plain(events));
    }),
  );
});

test('what is the same in all is said once, and times are numbers', () => {
  const frame = frameOf([one('1'), one('2', { data: { total: 3 } })]);
  assert.equal(frame.source, '/shop');
  assert.equal(frame.time?.[0], Date.parse('2026-01-02T03:04:05.678Z'));
  assert.deepEqual(frame.fields, ['order', 'total']);
  assert.deepEqual(frame.columns, [
    ['1', undefined],
    [undefined, 3],
  ]);
});

test('data are columns, whatever each has and in whatever order', () => {
  const some = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor', '1', ''), fc.jsonValue({ maxDepth: 1 }), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(fc.array(some, { minLength: 1, maxLength: 20 }), (all) => {
      const frame = frameOf(all.map((each, n) => one(`${n}`, { data: each })));
      const fields = [...new Set(all.flatMap(Object.keys))];
      if (fields.length === 0) return assert.deepEqual(frame.data, all);
      assert.deepEqual(frame.fields, fields);
      const own = (each: Record<string, unknown>, name: string) => (Object.hasOwn(each, name) ? each[name] : undefined);
      assert.deepEqual(
        frame.columns,
        fields.map((name) => all.map((each) => own(each, name))),
      );
    }),
  );
});

test('data of too many fields, or of which one is no object, are told whole', () => {
  const many = Object.fromEntries(Array.from({ length: MOST_FIELDS + 1 }, (_, n) => [`f${n}`, n]));
  for (const odd of [many, ['list'], 'text', null, undefined, Object.create(null)]) {
    const { fields, columns, data } = frameOf([one('1'), one('2', { data: odd })]);
    assert.deepEqual([fields, columns, data], [undefined, undefined, [{ order: '1' }, odd]]);
  }
});

test('an event reads the same beside one that has to be looked at closely', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 20 }), fc.nat(20), (events, at) => {
      const bad = one('bad', { data: { deep: deep(70) }, subject: 'close' });
      const mixed = eventsOfFrame(frameOf(events.toSpliced(at, 0, bad))).events;
      assert.deepEqual(plain(good(mixed)), plain(good(eventsOfFrame(frameOf(events)).events)));
      assert.equal(mixed.length, events.length + 1);
    }),
  );
});

test('names that objects inherit are columns like others', () => {
  for (const name of ['toString', 'constructor', '__proto__', 'own']) {
    const events = [one('1', { data: JSON.parse(`{"${name}":1}`) }), one('2', { data: { total: 3 } })];
    assert.deepEqual(plain(good(eventsOfFrame(frameOf(events)).events)), plain(events), name);
  }
});

test('one bad event costs only that one, and its reason and content are kept', () => {
  const bad: [string, (frame: ReturnType<typeof frameOf>) => void, RegExp][] = [
    ['an empty id', (frame) => (frame.id[1] = ''), /not a CloudEvent: id/],
    ['a time that is none', (frame) => (frame.time = [0, 'yesterday', 0]), /not a CloudEvent: time/],
    ['a number that JSON has not', (frame) => (frame.columns = [['1', Number.NaN, '3']]), /what JSON cannot/],
    ['a big number', (frame) => (frame.columns = [['1', 2n ** 70n, '3']]), /what JSON cannot/],
    ['bytes', (frame) => (frame.columns = [['1', new Uint8Array(2), '3']]), /what JSON cannot/],
    ['what is too deep', (frame) => (frame.columns = [['1', deep(70), '3']]), /too deep/],
    ['a subject that is no text', (frame) => (frame.attributes = { subject: ['a', 7, 'c'] }), /subject/],
  ];
  for (const [what, spoil, reason] of bad) {
    const frame = frameOf([one('1'), one('2'), one('3')]);
    spoil(frame);
    const incoming = { key: 'order.placed', contentType: FRAME, headers: {}, content: new Uint8Array(1) };
    const limits = { maxBytes: 1000, now: 0, newId: () => 'new', unpack: () => frame };
    const arrived = arrive(incoming, limits);
    assert.deepEqual(
      arrived.map(({ ok }) => ok),
      [true, false, true],
      what,
    );
    const [, middle] = arrived;
    assert.ok(middle?.ok === false && reason.test(middle.reason), `${what}: ${middle?.ok === false && middle.reason}`);
    assert.ok(middle.content.length > 0, what);
  }
});

test('what is no frame is refused whole, with what is wrong', () => {
  const frame = frameOf([one('1'), one('2')]);
  const cases: [unknown, RegExp][] = [
    ['text', /no frame: frame/],
    [{ ...frame, v: 2 }, /this version knows frames of version 1/],
    [{ ...frame, id: ['1'] }, /columns differ in length/],
    [{ ...frame, id: null }, /id: a frame has from 1 to/],
    [{ ...frame, id: [] }, /id: a frame has from 1 to/],
    [{ ...frame, time: { length: 2 } }, /time: no list/],
    [{ ...frame, columns: [{ length: 2 }] }, /columns.0: no list/],
    [{ ...frame, fields: [] }, /not a column for each field/],
    [{ ...frame, fields: ['__proto__'] }, /cannot be named/],
    [{ ...frame, type: 'Order Placed' }, /no event type/],
  ];
  for (const [given, reason] of cases) assert.throws(() => eventsOfFrame(given), reason);
  assert.throws(() => frameOf([]), /from 1 to/);
  assert.throws(() => frameOf([one('1'), { ...one('2'), type: 'order.paid' }]), /of one type/);
});

test('a frame under another key, or where frames are not read, is refused', () => {
  const frame = frameOf([one('1')]);
  const incoming = { contentType: FRAME, headers: {}, content: new Uint8Array(1) };
  const limits = { maxBytes: 1000, now: 0, newId: () => 'new', unpack: () => frame };
  const [other] = arrive({ ...incoming, key: 'order.paid' }, limits);
  assert.match(other?.ok === false ? other.reason : '', /not the routing key/);
  const [unread] = arrive({ ...incoming, key: 'order.placed' }, { maxBytes: 1000, now: 0, newId: () => 'new' });
  assert.match(unread?.ok === false ? unread.reason : '', /content type/);
});

test('events of a frame carry on the trace of its message', () => {
  const frame = frameOf([one('1'), one('2', { traceparent: 'own' })]);
  const headers = { traceparent: 'the message’s' };
  const incoming = { key: 'order.placed', contentType: FRAME, headers, content: new Uint8Array(1) };
  const arrived = arrive(incoming, { maxBytes: 1000, now: 0, newId: () => 'new', unpack: () => frame });
  assert.deepEqual(
    arrived.map((each) => each.ok && each.event.traceparent),
    ['the message’s', 'own'],
  );
});

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let n = 0; n < levels; n++) value = [value];
  return value;
}
