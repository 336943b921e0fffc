import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Options } from 'amqplib';
import { type Held, heldEvent, openStranger, openWellness } from '../support/hostile.js';
import { openOutside } from '../support/outside.js';
import { brokerUrl, hasBroker } from '../support/rabbitmq.js';
import { until } from '../support/until.js';
import { startUp } from '../support/up.js';

const PATH = `bad-${process.pid}`;
/** Units of names that JavaScript's objects have by themselves. */
const CONFIG = `
name: bad-input
path: ${PATH}
units:
  orders: { responses: { order.#: noted } }
  constructor: { responses: { constructor: noted } }
settings: { drain: 5s }
`;

const JSON_TYPE = 'application/json';
const CLOUD = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
const event = (more: object) =>
  JSON.stringify({ specversion: '1.0', id: 'i', source: '/x', type: 'order.x', data: {}, ...more });

type Case = [
  name: string,
  key: string,
  content: Buffer | string,
  contentType: string,
  because: RegExp,
  more?: Options.Publish,
];

/**
 * Messages that cannot be read as an event. Each is held as dead, under its message id, with a reason that says the
 * mend.
 */
const UNREADABLE: Case[] = [
  ['malformed JSON', 'order.x', '{"a":', JSON_TYPE, /the content is not JSON/],
  ['bytes that are not UTF-8', 'order.x', Buffer.from([0x22, 0xff, 0x22]), JSON_TYPE, /not valid UTF-8/],
  ['an empty body', 'order.x', '', JSON_TYPE, /the content is not JSON/],
  ['10,000 deep, plain', 'order.x', deep, JSON_TYPE, /nested deeper than 64/],
  ['10,000 deep, structured', 'order.x', deep, CLOUD, /nested deeper than 64/],
  ['10,000 deep in data', 'order.x', event({ data: 0 }).replace(/0}$/, `${deep}}`), CLOUD, /nested deeper than 64/],
  ['a key too long', 'a'.repeat(201), '{}', JSON_TYPE, /routing key is not at most 200 bytes/],
  ['a key that is none', 'Order X', '{}', JSON_TYPE, /routing key is not .* words out of a-z 0-9/],
  ['no key', '', '{}', JSON_TYPE, /routing key is not/],
  ['a key with NUL', 'a\0b', '{}', JSON_TYPE, /routing key is not/],
  ['type and key differ', 'order.y', event({}), CLOUD, /the type order\.x is not the routing key/],
  ['another specversion', 'order.x', event({ specversion: '0.3' }), CLOUD, /specversion: .*"1\.0"/],
  ['no id', 'order.x', event({ id: undefined }), CLOUD, /not a CloudEvent: id/],
  ['an id of 513 characters', 'order.x', event({ id: 'i'.repeat(513) }), CLOUD, /id: .*512/],
  ['an id with NUL', 'order.x', event({ id: 'a\0b' }), CLOUD, /id: it contains NUL/],
  ['a batch that is none', 'order.x', '{}', BATCH, /a batch is a JSON array|batch/],
  ['a batch of too many', 'order.x', `[${'0,'.repeat(10_000)}0]`, BATCH, /10001 events: at most 10000/],
  ['text', 'order.x', 'hello', 'text/plain', /content type text\/plain: send JSON/],
  ['another character set', 'order.x', '{}', 'application/json; charset=utf-16', /character set utf-16: send UTF-8/],
  ['an encoding', 'order.x', '{}', JSON_TYPE, /content encoding gzip: send it as it is/, { contentEncoding: 'gzip' }],
  [
    'an attribute that is a table',
    'order.x',
    '{}',
    JSON_TYPE,
    /header cloudEvents:id is neither text/,
    { headers: { 'cloudEvents:id': { nested: [1, { deeper: null }] } } },
  ],
];

/** Odd, and yet events. */
const ODD: [id: string, key: string, content: string, contentType: string, more?: Options.Publish][] = [
  ['i'.repeat(512), 'order.x', event({ id: 'i'.repeat(512) }), CLOUD],
  ['😀\uE000\u202E', 'order.x', event({ id: '😀\uE000\u202E' }), CLOUD],
  ['proto', 'order.x', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}', JSON_TYPE],
  ['longest', `order.${'a'.repeat(194)}`, '{}', JSON_TYPE],
  ['named-constructor', 'constructor', '{}', JSON_TYPE],
  ['charset', 'order.x', '{}', JSON_TYPE, { contentEncoding: 'utf-8' }],
  [
    'tables',
    'order.x',
    '{}',
    JSON_TYPE,
    {
      headers: {
        nested: { list: [1, { none: null }], time: { '!': 'timestamp', value: 1 } },
        bytes: Buffer.from([255]),
        __proto__x: 1,
        constructor: 'x',
        hasOwnProperty: true,
        '': 'empty',
        large: 'x'.repeat(60_000),
        'vsmcp-attempts': 99,
        'vsmcp-channel': 'command',
        'vsmcp-key': 's1.any.try',
        'x-death': 'never',
      },
    },
  ],
];

/** Types that nothing answers here, and that must not be taken for messages of the fleet. */
const STRANGE = [
  '__proto__',
  's1.all.x',
  's1.any.try',
  'handover.x',
  'vsm.s1.load.v1',
  'grant.x',
  `x.${'y'.repeat(198)}`,
];

const INTERNAL = ['report', 'command', 'intelligence', 'query', 'coordination', 'algedonic', 'reply', 'retry', 'dead'];
const KEYS = [
  's1.any.try',
  's1.any.held',
  's1.x.load',
  's3.any.settle',
  's4.proposal',
  's5.verdict',
  'pain.s1.x',
  'claim.x',
];
const KINDS = ['s3.try', 's1.load', 's4.proposal', 's5.verdict', 's1.algedonic', 's1.claim', 's3.settle'];

describe('bad input over AMQP', async () => {
  const skip = !(await hasBroker()) && 'no RabbitMQ on this machine';
  it('is held with the reason, and the fleet goes on', { skip, timeout: 240_000 }, async (t) => {
    const url = await brokerUrl();
    const up = await startUp(t, { config: CONFIG, broker: url });
    const outside = await openOutside(t, url, PATH);
    const stranger = await openStranger(t, url, PATH);
    const stillWell = await openWellness(up, outside, 'order.good', 'noted');
    const outcome = (id: string) => outside.outcomes.get(id)?.at(-1);
    const unreadable = (id: string) =>
      heldEvent(up, id, (held) => held.id === id && held.source.startsWith('unreadable'));
    await stillWell();

    await t.test('what cannot be read', async () => {
      for (const [messageId, key, content, contentType, , more] of UNREADABLE)
        await stranger.send('environment', key, content, { contentType, messageId, ...more });
      for (const [name, , , , because] of UNREADABLE) {
        const held = await unreadable(name);
        assert.equal(held.reason, 'dead');
        assert.match(held.because, because, name);
        await until(() => outcome(name)?.outcome === 'dead', { what: `the outcome of ${name}` });
      }
      await stillWell();
    });

    await t.test('an event above max_event_bytes: its headers, hash and first 4 KiB are kept', async () => {
      for (const bytes of [1_048_577, 20 * 2 ** 20]) {
        const content = Buffer.alloc(bytes, 'x');
        const messageId = `large-${bytes}`;
        await stranger.send('environment', 'order.x', content, { messageId, headers: { from: 'afar', n: 7 } });
        const { because, event: kept } = await unreadable(messageId);
        assert.equal(because, `${bytes} bytes are more than the 1048576 that are allowed`);
        assert.deepEqual(kept, {
          raw: 'x'.repeat(4096),
          bytes,
          sha256: createHash('sha256').update(content).digest('hex'),
          headers: { from: 'afar', n: 7 },
        });
      }
      await stillWell();
    });

    await t.test('a batch with bad events: each has its own fate', async () => {
      const batch = [event({ id: 'b-0' }), 'null', '3', '"text"', '[]', '{}', event({ id: 'b-6', type: 'other.y' })];
      const content = `[${[...batch, event({ id: 'b-7' })].join()}]`;
      await stranger.send('environment', 'order.x', content, { contentType: BATCH, messageId: 'batch' });
      for (const id of ['b-0', 'b-7']) await until(() => outcome(id)?.outcome === 'noted', { what: id });
      for (const n of [1, 2, 3, 4, 5, 6])
        assert.match((await unreadable(`batch:${n}`)).because, /CloudEvent|routing key/);
      await stillWell();
    });

    await t.test('odd ids, names and headers are events all the same', async () => {
      for (const [messageId, key, content, contentType, more] of ODD)
        await stranger.send('environment', key, content, { contentType, messageId: messageId.slice(0, 60), ...more });
      for (const [id] of ODD) await until(() => outcome(id)?.outcome === 'noted', { timeout: 20_000, what: id });
      await stillWell();
    });

    await t.test('types that look like the fleet’s own, or like JavaScript’s, are events that wait', async () => {
      for (const type of STRANGE)
        await stranger.send('environment', type, '{}', { contentType: JSON_TYPE, messageId: `strange-${type}` });
      for (const type of STRANGE) {
        await until(() => outcome(`strange-${type}`)?.outcome === 'parked', { timeout: 20_000, what: type });
        await heldEvent(up, type, (held) => held.type === type && held.because === `no unit absorbs ${type}`);
      }
      await stillWell();
    });

    await t.test('without an id the same message twice is two events', async () => {
      const before = [...outside.outcomes].length;
      for (let n = 0; n < 2; n++) await stranger.send('environment', 'order.x', '{}', { contentType: JSON_TYPE });
      await until(() => outside.outcomes.size === before + 2, { timeout: 20_000, what: 'both have an outcome' });
      await stillWell();
    });

    await t.test('messages of the fleet, forged: garbage and wrong data are held, and nothing is done', async () => {
      for (const exchange of INTERNAL) {
        for (const key of KEYS) {
          await stranger.send(exchange, key, '{"garbage', { contentType: JSON_TYPE });
          for (const kind of KINDS) {
            const forged = {
              id: `${exchange} ${key} ${kind}`,
              type: `vsm.${kind}.v1`,
              data: { epoch: 'x', __proto__x: 1 },
            };
            const how = { contentType: CLOUD, replyTo: 'nobody', correlationId: '1' };
            await stranger.send(exchange, key, event(forged), how);
          }
        }
      }
      const told = (of: string) => (held: Held) =>
        held.source === `unreadable:${of}` && /^vsm\.s\d\..*data\./.test(held.because);
      for (const exchange of ['report', 'command', 'intelligence', 'coordination', 'algedonic'])
        await heldEvent(up, `wrong data on ${exchange}`, told(exchange));
      await stillWell();
    });

    await t.test('questions that nobody can be answered are not tried again and again', async () => {
      const asked = event({ type: 'vsm.gateway.held.v1', id: 'asks' });
      for (const replyTo of ['amq.rabbitmq.reply-to.g1h=', 'two.words', 'nobody', 'Ü', '\0', 'x'.repeat(255)])
        await stranger.send('query', 's1.any.held', asked, { contentType: CLOUD, replyTo, correlationId: '1' });
      await stranger.send('query', 's1.any.held', asked, { contentType: CLOUD });
      await stillWell();
      assert.equal((await up.get<{ total: number }>('/held?id=asks')).total, 0);
      const status = await up.get<{ health: { status: string } }>('/status');
      assert.equal(status.health.status, 'ok');
    });
    await outside.close();
    assert.equal(await up.stop(), 0);
  });
});
