import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Arrived, arrive, type Incoming, isKey, MAX_BATCH_EVENTS, MAX_JSON_DEPTH } from '@vsmcp/vsm';
import fc from 'fast-check';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const limits = { maxBytes: 1_000_000, now: NOW, newId: () => 'new-id' };
const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

function incoming(over: Partial<Incoming>): Incoming {
  return { key: 'file.md', contentType: 'application/json', headers: {}, content: bytes({ a: 1 }), ...over };
}
const STRUCTURED = { specversion: '1.0', id: 'i', source: '/s', type: 'file.md', data: { a: 1 } };

function only(list: Arrived[]): Arrived {
  assert.equal(list.length, 1);
  return list[0] as Arrived;
}
function eventOf(list: Arrived[]) {
  const arrived = only(list);
  assert.ok(arrived.ok, arrived.ok ? '' : arrived.reason);
  return arrived;
}
function reasonOf(list: Arrived[]): string {
  const arrived = only(list);
  assert.ok(!arrived.ok);
  return arrived.reason;
}

test('plain JSON: type is the key, id the message id, source the app id', () => {
  const { event, hasId } = eventOf(
    arrive(incoming({ messageId: 'm1', appId: 'billing', timestamp: 1_700_000_000_000 }), limits),
  );
  assert.equal(hasId, true);
  assert.deepEqual(event, {
    specversion: '1.0',
    id: 'm1',
    source: 'billing',
    type: 'file.md',
    time: '2023-11-14T22:13:20.000Z',
    datacontenttype: 'application/json',
    data: { a: 1 },
  });
});

test('plain JSON without id, app id, time or content type', () => {
  const { event, hasId } = eventOf(
    arrive(incoming({ contentType: undefined, headers: { traceparent: '00-1-2-01', other: 3 } }), limits),
  );
  assert.equal(hasId, false);
  assert.equal(event.id, 'new-id');
  assert.equal(event.source, 'amqp');
  assert.equal(event.time, '2026-01-02T03:04:05.000Z');
  assert.equal(event.traceparent, '00-1-2-01');
  assert.equal(event.other, undefined);
});

test('a character set where the content encoding belongs does no harm', () => {
  for (const contentEncoding of ['utf-8', 'UTF8', 'identity', ''])
    eventOf(arrive(incoming({ contentEncoding }), limits));
});

test('structured: extensions are kept, the event’s own trace wins', () => {
  const content = bytes({ ...STRUCTURED, partitionkey: 'p', traceparent: 'own' });
  const { event, hasId } = eventOf(
    arrive(
      incoming({
        contentType: 'application/cloudevents+json; charset="UTF-8"',
        headers: { traceparent: 'message' },
        content,
      }),
      limits,
    ),
  );
  assert.equal(hasId, true);
  assert.equal(event.partitionkey, 'p');
  assert.equal(event.traceparent, 'own');
});

for (const prefix of ['cloudEvents:', 'cloudEvents_']) {
  test(`binary with ${prefix} headers`, () => {
    const headers = {
      [`${prefix}specversion`]: '1.0',
      [`${prefix}id`]: 'b1',
      [`${prefix}source`]: '/s',
      [`${prefix}type`]: 'file.md',
      [`${prefix}time`]: { '!': 'timestamp', value: 1_700_000_000 },
      [`${prefix}sequence`]: 7,
    };
    const { event } = eventOf(arrive(incoming({ headers }), limits));
    assert.equal(event.time, '2023-11-14T22:13:20.000Z');
    assert.equal(event.sequence, 7);
    assert.equal(event.datacontenttype, 'application/json');
    assert.deepEqual(event.data, { a: 1 });
    const text = eventOf(arrive(incoming({ headers, contentType: 'text/plain', content: bytes('hello') }), limits));
    assert.equal(text.event.data, 'hello');
    const empty = eventOf(arrive(incoming({ headers, contentType: undefined, content: bytes('') }), limits));
    assert.equal(empty.event.data, undefined);
    assert.match(
      reasonOf(arrive(incoming({ headers, contentType: 'image/png' }), limits)),
      /content type image\/png: send JSON or text/,
    );
    assert.match(reasonOf(arrive(incoming({ headers: { ...headers, [`${prefix}x-y`]: 1 } }), limits)), /no attribute/);
    assert.match(reasonOf(arrive(incoming({ headers: { ...headers, [`${prefix}x`]: [] } }), limits)), /neither text/);
  });
}

test('a batch is split, and a bad event costs only itself', () => {
  const list = arrive(
    incoming({
      contentType: 'application/cloudevents-batch+json',
      headers: { traceparent: 't' },
      content: bytes([STRUCTURED, { ...STRUCTURED, id: '' }, 7, { ...STRUCTURED, id: 'last' }]),
    }),
    limits,
  );
  assert.deepEqual(
    list.map((a) => (a.ok ? a.event.id : a.reason.slice(0, 16))),
    ['i', 'not a CloudEvent', 'not a CloudEvent', 'last'],
  );
  const bad = list[1];
  assert.ok(bad && !bad.ok);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(bad.content)), { ...STRUCTURED, id: '' });
  assert.deepEqual(
    arrive(incoming({ contentType: 'application/cloudevents-batch+json', content: bytes([]) }), limits),
    [],
  );
});

const deep = (n: number) => `${'['.repeat(n)}${']'.repeat(n)}`;
const refusals: [string, Partial<Incoming>, RegExp][] = [
  ['too large', { content: new Uint8Array(1_000_001) }, /1000001 bytes are more than the 1000000/],
  ['10,000 deep', { content: bytes(deep(10_000)) }, /nested deeper than 64/],
  ['never closed', { content: bytes('['.repeat(500_000)) }, /nested deeper than 64/],
  ['broken UTF-8', { content: Uint8Array.of(0x22, 0xff, 0x22) }, /not valid UTF-8/],
  ['not JSON', { content: bytes('{') }, /not JSON/],
  ['a key with capitals', { key: 'File.md' }, /routing key is not/],
  ['a key too long', { key: 'a'.repeat(201) }, /routing key is not/],
  ['an empty key', { key: '' }, /routing key is not/],
  ['another content type', { contentType: 'image/png' }, /content type image\/png: send JSON/],
  ['a content encoding', { contentEncoding: 'gzip' }, /content encoding gzip: send it as it is/],
  [
    'too many events in one batch',
    { contentType: 'application/cloudevents-batch+json', content: bytes(Array(MAX_BATCH_EVENTS + 1).fill(0)) },
    /a batch of 10001 events: at most 10000/,
  ],
  ['another character set', { contentType: 'application/json; charset=utf-16' }, /character set utf-16/],
  [
    'type and key differ',
    { contentType: 'application/cloudevents+json', content: bytes({ ...STRUCTURED, type: 'b' }) },
    /type b is not the routing key/,
  ],
  [
    'another spec version',
    { contentType: 'application/cloudevents+json', content: bytes({ ...STRUCTURED, specversion: '0.3' }) },
    /specversion/,
  ],
  ['a batch that is none', { contentType: 'application/cloudevents-batch+json' }, /JSON array/],
  ['a NUL in the id', { messageId: 'm\u0000' }, /id: it contains NUL/],
  ['a message id too long', { messageId: 'm'.repeat(513) }, /not a CloudEvent: id/],
];
for (const [name, over, reason] of refusals) {
  test(`refused: ${name}`, () => {
    const arrived = only(arrive(incoming(over), limits));
    assert.ok(!arrived.ok);
    assert.match(arrived.reason, reason);
  });
}

test('brackets inside strings are not depth, and the limit itself is fine', () => {
  eventOf(arrive(incoming({ content: bytes(JSON.stringify(`\\"${'['.repeat(1000)}`)) }), limits));
  eventOf(arrive(incoming({ content: bytes(deep(MAX_JSON_DEPTH)) }), limits));
  reasonOf(arrive(incoming({ content: bytes(deep(MAX_JSON_DEPTH + 1)) }), limits));
});

const contentTypes = fc.oneof(
  fc.constantFrom(
    undefined,
    '',
    'application/json',
    'application/cloudevents+json',
    'application/cloudevents-batch+json',
    'text/plain; charset=latin1',
  ),
  fc.string(),
);
const headerNames = fc.oneof(
  fc.string(),
  fc.constantFrom('traceparent', 'tracestate', '__proto__'),
  fc
    .tuple(
      fc.constantFrom('cloudEvents:', 'cloudEvents_'),
      fc.constantFrom('id', 'type', 'source', 'specversion', 'data', 'time', '__proto__', ''),
    )
    .map((parts) => parts.join('')),
);
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json().map(bytes),
  fc
    .record(
      {
        specversion: fc.constant('1.0'),
        id: fc.string(),
        source: fc.string(),
        type: fc.constant('file.md'),
        data: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map(bytes),
);

test('property: whatever comes, it never throws, and what it accepts is a CloudEvent under its key', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constant('file.md'), fc.string()),
      contentTypes,
      fc.dictionary(headerNames, fc.oneof(fc.string(), fc.anything())),
      fc.option(fc.string(), { nil: undefined }),
      fc.option(fc.double(), { nil: undefined }),
      contents,
      (key, contentType, headers, messageId, timestamp, content) => {
        for (const arrived of arrive({ key, contentType, headers, messageId, timestamp, content }, limits)) {
          if (arrived.ok) {
            assert.ok(isKey(key));
            assert.equal(arrived.event.type, key);
            assert.ok(arrived.event.id.length > 0);
            JSON.stringify(arrived.event);
          } else assert.ok(arrived.reason.length > 0);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('property: any JSON data sent plainly arrives unchanged', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (data) => {
      const { event } = eventOf(arrive(incoming({ content: bytes(JSON.stringify(data)) }), limits));
      assert.deepEqual(event.data, JSON.parse(JSON.stringify(data)));
    }),
  );
});
