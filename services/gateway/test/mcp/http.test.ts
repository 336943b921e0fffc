import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { manualClock, type Service } from '@vsmcp/service';
import { openFleet } from '../../../../test/support/fleet.js';
import { consciousness } from '../../../consciousness/src/index.js';
import { system5 } from '../../../system5-policy/src/index.js';
import { serve } from '../../src/index.js';
import { gatewayForTests, type Reply } from '../support.js';
import { connect, read } from './support.js';

const clock = manualClock(Date.now());
const { service, url, call } = gatewayForTests();
const timed: Service = { system: service.system, start: (context) => service.start({ ...context, clock }) };
const fleet = await openFleet({
  services: [system5, consciousness, timed],
  config: { settings: { max_event_bytes: 65_536 } },
});
after(() => fleet.stop());

const ACCEPT = { accept: 'application/json, text/event-stream' };
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
};

async function begin(headers: Record<string, string> = {}): Promise<string> {
  const reply = await call('POST', '/mcp', INITIALIZE, { ...ACCEPT, ...headers });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return String(reply.headers['mcp-session-id']);
}

const ping = (session: string, headers: Record<string, string> = {}): Promise<Reply> =>
  call('POST', '/mcp', { jsonrpc: '2.0', id: 2, method: 'ping' }, { ...ACCEPT, 'mcp-session-id': session, ...headers });

test('a session begins with initialize, is spoken in by its id, and ends with DELETE', async () => {
  const session = await begin();
  const pong = await ping(session);
  assert.equal(pong.status, 200);
  assert.match(String(pong.headers['content-type']), /text\/event-stream/);
  assert.match(pong.body, /"result":\{\}/);
  assert.equal((await call('DELETE', '/mcp', undefined, { 'mcp-session-id': session })).status, 200);
  const gone = await ping(session);
  assert.equal(gone.status, 404);
  assert.deepEqual(gone.body.error, { code: -32001, message: 'there is no such session; initialize a new one' });
});

test('protocol faults are JSON-RPC errors', async () => {
  const faults: [Promise<Reply>, number, number][] = [
    [call('POST', '/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/list' }, ACCEPT), 405, -32000],
    [call('GET', '/mcp', undefined, { accept: 'text/event-stream' }), 405, -32000],
    [call('POST', '/mcp', '{"jsonrpc":', ACCEPT), 400, -32700],
    [call('POST', '/mcp', '['.repeat(1000), ACCEPT), 400, -32700],
    [call('POST', '/mcp', { ...INITIALIZE, padding: 'x'.repeat(70_000) }, ACCEPT), 413, -32000],
    [call('POST', '/mcp', INITIALIZE, { accept: 'text/html' }), 406, -32000],
    [call('POST', '/mcp', INITIALIZE, { ...ACCEPT, 'content-type': 'text/plain' }), 415, -32000],
    [ping(await begin(), { 'mcp-protocol-version': '1999-01-01' }), 400, -32000],
  ];
  for (const [asked, status, code] of faults) {
    const reply = await asked;
    assert.equal(reply.status, status, JSON.stringify(reply.body));
    assert.equal(reply.body.jsonrpc, '2.0');
    assert.equal(reply.body.error.code, code, JSON.stringify(reply.body));
  }
});

test('another host name and another origin are refused, on every method', async () => {
  const session = await begin();
  const own = { 'mcp-session-id': session, accept: 'text/event-stream' };
  assert.equal((await call('POST', '/mcp', INITIALIZE, { ...ACCEPT, host: 'evil.example' })).status, 403);
  for (const method of ['GET', 'DELETE', 'POST']) {
    const body = method === 'POST' ? INITIALIZE : undefined;
    const evil = await call(method, '/mcp', body, { ...ACCEPT, ...own, origin: 'https://evil.example' });
    assert.equal(evil.status, 403, method);
  }
  await begin({ origin: url() });
});

test('a token that nobody has is 401, and another agent’s session is none of ours', async () => {
  const session = await begin();
  const unknown = await ping(session, { authorization: 'Bearer guessed' });
  assert.equal(unknown.status, 401);
  assert.equal(unknown.headers['www-authenticate'], 'Bearer');
  assert.match(unknown.body.error.message, /no agent has this token/);
});

test('sessions are bounded: the one idle the longest makes room, and what is idle for long ends', async () => {
  const first = await begin();
  await clock.advance(1000);
  const sessions = [];
  for (let n = 0; n < 100; n++) sessions.push(await begin());
  assert.equal((await ping(first)).status, 404, 'it made room');
  assert.equal((await ping(sessions.at(-1) ?? '')).status, 200);
  const { client } = await connect(url());
  await clock.advance(32 * 60_000);
  for (const session of sessions) assert.equal((await ping(session)).status, 404);
  await read(client, 'status'); // its stream is open: it is not idle
  await client.close();
});

test('a system that does not answer is a tool’s error that names it', async () => {
  const { client } = await connect(url());
  const result = await client.callTool({ name: 'units', arguments: {} });
  assert.equal(result.isError, true);
  assert.match(JSON.stringify(result.content), /System 1 operations does not answer/);
  await client.close();
});

test('what is too large for an answer is cut, and says so', async () => {
  const gateway = fleet.gateway;
  for (let n = 0; n < 40; n++) {
    await gateway.journal.append({ system: 's4', epoch: 1, type: 'test.large', data: { text: 'x'.repeat(20_000) } });
  }
  const { client } = await connect(url());
  const answer = await read(client, 'journal', { type: 'test.large', limit: 40 });
  assert.match(answer.cut, /lists are cut to \d+ items/);
  assert.ok(JSON.stringify(answer).length < 256 * 1024);
  assert.ok(answer.entries.length > 1);
  await client.close();
});

test('sessions end with the gateway', async () => {
  const second = await serve(fleet.gateway, { host: '127.0.0.1', port: 0, names: [] });
  const { client } = await connect(second.url);
  await second.close();
  await assert.rejects(client.listTools());
  await client.close();
});
