import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DONE, packFrame, type Subscription } from '@vsmcp/nervous-system';
import { AlertState, Algedonic, CLOUDEVENTS_BATCH, CLOUDEVENTS_JSON, type CloudEvent, FRAME, Status } from '@vsmcp/vsm';
import { openFleet } from '../../../test/support/fleet.js';
import { consciousness } from '../../consciousness/src/index.js';
import { system2 } from '../../system2-coordination/src/index.js';
import { system5 } from '../../system5-policy/src/index.js';
import { serve } from '../src/index.js';
import { gatewayForTests } from './support.js';

// Systems 1, 3 and 4 are left out on purpose: what they would answer is missing, and must be said so.
const { service, url, call } = gatewayForTests();
const fleet = await openFleet({
  services: [system2, system5, consciousness, service],
  config: { name: 'desk', purpose: 'to be asked', settings: { max_event_bytes: 65_536 } },
});
after(() => fleet.stop());

test('GET /status, /variety, /policies, /decisions, /coordination answer what the systems say', async () => {
  const status = await call('GET', '/status');
  assert.equal(status.status, 200);
  assert.equal(Status.parse(status.body).name, 'desk');
  assert.equal((await call('GET', '/variety')).body.variety.answered, null);
  const policies = await fleet.until(async () => {
    const reply = await call('GET', '/policies');
    return reply.status === 200 && reply.body;
  });
  assert.equal(policies.purpose, 'to be asked');
  assert.deepEqual((await call('GET', '/decisions')).body.pending, []);
  assert.equal((await call('GET', '/coordination')).status, 200);
  assert.deepEqual(Object.keys((await call('GET', '/journal?system=s1&type=&limit=3')).body), ['entries']);
});

test('a system that does not answer is 503 and named', async () => {
  const { status, body } = await call('GET', '/units');
  assert.equal(status, 503);
  assert.match(body.message, /System 1 operations does not answer/);
  assert.match(body.mend, /GET \/status/);
});

test('what does not fit a question is 422, what is not there 404, in one shape', async () => {
  for (const [reply, status, code] of [
    [await call('GET', '/journal?limit=many'), 422, 'VSM_USAGE'],
    [await call('GET', '/held?reason=bored'), 422, 'VSM_USAGE'],
    [await call('POST', '/decisions/p1', { verdict: 'perhaps' }), 422, 'VSM_USAGE'],
    [await call('POST', '/held/discard', { filter: {} }), 422, 'VSM_USAGE'],
    [await call('POST', '/alerts/acknowledge', []), 422, 'VSM_USAGE'],
    [await call('POST', '/operations', { tool: 'a.b', wait: 1e12 }), 422, 'VSM_USAGE'],
    [await call('GET', '/nowhere'), 404, 'VSM_NOT_FOUND'],
    [await call('GET', '/held/%ff/x'), 400, 'VSM_USAGE'],
    [await call('GET', `/held/${'a'.repeat(3000)}/x`), 414, 'VSM_USAGE'],
  ] as const) {
    assert.equal(reply.status, status, JSON.stringify(reply.body));
    assert.equal(reply.body.code, code);
    assert.equal(typeof reply.body.message, 'string');
  }
});

test('POST /events takes the short form, a CloudEvent and a batch, and publishes them', async () => {
  const short = await call('POST', '/events', { type: 'order.placed', data: { order: 42 } });
  assert.equal(short.status, 202);
  assert.equal(short.body.events[0].id, short.body.id);
  const event = { specversion: '1.0', id: 'e1', source: '/shop', type: 'order.paid', data: 1, tenant: 'a' };
  const one = await call('POST', '/events', event, { 'content-type': `${CLOUDEVENTS_JSON}; charset=utf-8` });
  assert.deepEqual(one.body.events, [{ source: '/shop', id: 'e1', type: 'order.paid' }]);
  const batch = await call('POST', '/events', [event, { ...event, id: 'e2' }], { 'content-type': CLOUDEVENTS_BATCH });
  assert.equal(batch.body.accepted, 2);
});

test('POST /events takes a frame and publishes it whole, in order when it has a partition key', async () => {
  const event = { specversion: '1.0' as const, source: '/shop', type: 'order.paid', data: 1 };
  const post = async (events: CloudEvent[], spoil = (content: Uint8Array) => content) => {
    const body = Buffer.from(spoil(packFrame(events)));
    const reply = await fetch(`${url()}/events`, { method: 'POST', headers: { 'content-type': FRAME }, body });
    const said: Record<string, unknown> = JSON.parse(await reply.text());
    return { status: reply.status, said };
  };
  const taken: [string, unknown, string][] = [];
  const framed: Subscription = { queue: { own: true, channel: 'environment', bind: ['order.paid'] }, prefetch: 10 };
  const ear = fleet.broker.connect({ path: 'vsm', party: 's1', instance: 'ear', log: fleet.gateway.log });
  await ear.subscribe(framed, async ({ contentType, headers, key }) => {
    taken.push([contentType, headers['cloudEvents:partitionkey'], key]);
    return DONE;
  });
  const two = ['f1', 'f2'].map((id) => ({ ...event, id, partitionkey: 'k' }));
  const sent = await post(two);
  assert.equal(sent.status, 202, JSON.stringify(sent.said));
  assert.equal(sent.said.accepted, 2);
  await fleet.until(() => taken.length === 1);
  assert.deepEqual(taken, [[FRAME, 'k', 'order.paid']]);
  const mixed = await post([...two, { ...event, id: 'f3' }]);
  assert.match(`${mixed.said.message}`, /one partition key/);
  assert.match(`${(await post([{ ...event, id: '' }])).said.message}`, /event 0: not a CloudEvent: id/);
  assert.equal((await post(two, (content) => content.slice(0, 20))).status, 400);
  await ear.close();
});

test('events that are none are 400, with the place and the reason, and none of a batch is taken', async () => {
  const bad: [unknown, RegExp][] = [
    [{ data: 1 }, /type/],
    [{ type: 'No Key' }, /dot-separated words/],
    [{ type: 'a.b', extra: 1 }, /extra/],
    [[{ type: 'a.b' }, { type: '' }], /event 1: type/],
    [{ specversion: '1.0', type: 'a.b', source: '/x' }, /id/],
    [{ type: 'a.b', id: 'a\0b' }, /id: it contains NUL/],
    ['{"type":', /not JSON/],
    [`${'['.repeat(10_000)}${']'.repeat(10_000)}`, /deeper than 64/],
    [`{"type":"a.b","data":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`, /deeper than 64/],
  ];
  for (const [body, message] of bad) {
    const reply = await call('POST', '/events', body);
    assert.equal(reply.status, 400, JSON.stringify(body)?.slice(0, 80));
    assert.match(reply.body.message, message);
  }
  const big = await call('POST', '/events', { type: 'a.b', data: 'x'.repeat(70_000) });
  assert.equal(big.status, 413);
  assert.match(big.body.mend, /max_event_bytes/);
});

test('another host name, another origin, another content type: refused', async () => {
  assert.equal((await call('GET', '/status', undefined, { host: 'evil.example' })).status, 403);
  assert.equal((await call('GET', '/status', undefined, { host: 'desk.example:80' })).status, 200);
  assert.equal((await call('GET', '/status', undefined, { host: 'localhost:1' })).status, 200);
  const body = { alert: 'x' };
  const path = '/alerts/acknowledge';
  assert.equal((await call('POST', path, body, { origin: 'https://evil.example' })).status, 403);
  assert.equal((await call('POST', path, body, { origin: 'null' })).status, 403);
  assert.equal((await call('POST', path, body, { 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await call('POST', path, body, { origin: url() })).status, 200);
  assert.equal((await call('POST', path, 'alert=x', { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await call('POST', path)).status, 415);
});

test('a petition that System 5 does not grant is an error with its reason', async () => {
  const { status, body } = await call('POST', '/decisions/unknown', { verdict: 'allow' });
  assert.ok(status === 404 || status === 409, `${status}`);
  assert.match(body.message, /unknown/);
});

test('pain shows on the stream, and is acknowledged by whom the header names', async () => {
  const abort = new AbortController();
  const response = await fetch(`${url()}/stream`, { signal: abort.signal });
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.ok(response.body);
  let seen = '';
  const reading = (async () => {
    for await (const chunk of response.body ?? []) seen += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  await fleet.until(() => seen.includes('event: hello'));
  await fleet.gateway.say(Algedonic, 'pain.gateway.backups', {
    alert: 'silence:backups:file.ok',
    severity: 'pain',
    unit: 'backups',
    what: 'no file.ok for 10 s',
    since: 1,
  });
  await fleet.until(() => seen.includes('event: alert'), { what: 'the alert on the stream' });
  await fleet.until(() => /event: instance\ndata: .*"system":"s5"/.test(seen), { what: 'a heartbeat on the stream' });
  const reply = await call(
    'POST',
    '/alerts/acknowledge',
    { alert: 'silence:backups:file.ok' },
    { 'x-vsmcp-by': 'ada' },
  );
  assert.deepEqual(reply.body.acknowledged, ['silence:backups:file.ok']);
  const { body } = await call('GET', '/alerts');
  assert.equal(AlertState.data.parse(body.alerts[0]).by, 'ada');
  await fleet.until(() => seen.includes('"level":"acknowledged"'));
  abort.abort();
  await reading;
});

test('the page, its script and its style come with a policy that lets nothing else in', async () => {
  for (const path of ['/', '/dashboard.js', '/dashboard.css']) {
    const { status, headers, body } = await call('GET', path);
    assert.equal(status, 200);
    assert.match(String(headers['content-security-policy']), /default-src 'none'; script-src 'self'/);
    assert.ok(!/innerHTML|https?:/.test(body), path);
  }
});

test('a port that is taken is said with the setting that mends it', async () => {
  const port = Number(new URL(url()).port);
  await assert.rejects(serve(fleet.gateway, { host: '127.0.0.1', port, names: [] }), {
    code: 'VSM_CONFIG',
    message: /something else listens there; set VSMCP_MCP_PORT/,
  });
});
