import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { RemoteSpec, reasonOf, VsmError } from '@vsmcp/vsm';
import { connectOver } from '../../../src/client/connection.js';
import { headersOf, linkTo } from '../../../src/client/remote/link-to.js';
import { allowedOf } from '../../../src/egress/addresses.js';
import { openEgressPolicy } from '../../../src/egress/dial.js';
import { CallError } from '../../../src/index.js';
import { KINDS, remoteServer } from '../../remote-server.js';
import { clock, quiet, until } from '../../support.js';
import { leaveNothing } from './leaving.js';

const REACH = openEgressPolicy(allowedOf(['127.0.0.0/8']));

async function connected(t: TestContext, url: string, headers: Record<string, string> = {}, deadline = 15_000) {
  const link = linkTo(new URL(url), headers, REACH, clock);
  const connection = await connectOver(link, { name: 'remote', deadline, clock, log: quiet });
  t.after(() => connection.close());
  return connection;
}

const says = (result: { content: unknown[] }) => (result.content[0] as { text: string }).text;

const failure = async (call: Promise<unknown>): Promise<CallError> => {
  const error = await call.then(
    () => assert.fail('the call went well'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof CallError, String(error));
  return error;
};

for (const kind of KINDS) {
  test(`${kind}: tools are called, many at once; nobody here confines it`, async (t) => {
    const remote = await remoteServer(t, kind);
    const server = await connected(t, remote.url, kind === 'tcp' ? {} : { 'X-Tenant': 'a' });
    assert.equal(server.confinement, undefined);
    assert.equal(server.identity.name, 'remote');
    assert.match(server.identity.protocol, /^20\d\d-/);
    const said = await Promise.all(Array.from({ length: 50 }, (_, n) => server.call('echo', { text: `${n}` }, 5000)));
    assert.deepEqual(
      said.map(says),
      said.map((_, n) => `${n}`),
    );
    assert.ok((await server.ping(5000)) >= 0);
    if (kind !== 'tcp') assert.equal(remote.headers.at(-1)?.['x-tenant'], 'a');
    await server.close();
    await until(() => remote.sockets() === 0);
    assert.equal((await failure(server.call('echo', { text: '' }, 5000))).sent, false);
  });

  test(`${kind}: past its deadline, or cancelled, a call is in doubt and the server is told`, async (t) => {
    const remote = await remoteServer(t, kind);
    const server = await connected(t, remote.url);
    const late = await failure(server.call('hangs', {}, 50));
    assert.deepEqual([late.code, late.doubt], ['VSM_TIMEOUT', true]);
    const abort = new AbortController();
    const call = failure(server.call('hangs', {}, 10_000, abort.signal));
    await server.call('echo', { text: '' }, 5000);
    abort.abort();
    assert.equal((await call).doubt, true);
    await until(() => remote.cancelled === 2);
    assert.equal(says(await server.call('echo', { text: 'hi' }, 5000)), 'hi');
    // nothing of the calls that were given up is still open
    if (kind === 'http') await until(() => remote.sockets() <= 2);
  });

  test(`${kind}: one that vanishes in a call leaves it in doubt, says why, and is never used again`, async (t) => {
    const remote = await remoteServer(t, kind);
    const server = await connected(t, remote.url);
    const reasons: string[] = [];
    server.onClose((reason) => reasons.push(reason));
    const hanging = failure(server.call('hangs', {}, 10_000));
    await server.call('echo', { text: '' }, 5000);
    await remote.vanish();
    const lost = await hanging;
    assert.equal(lost.doubt, true);
    assert.match(lost.message, /remote\.hangs: the server went away during the call/);
    assert.equal(server.alive, false);
    assert.equal((await failure(server.call('echo', { text: '' }, 5000))).sent, false);
    await until(() => reasons.length === 1);
  });

  test(`${kind}: a changed tool is known as soon as it is told`, async (t) => {
    const remote = await remoteServer(t, kind);
    const server = await connected(t, remote.url);
    const before = server.contract;
    const changed = new Promise((resolve) => server.onContract(resolve));
    // over HTTP the stream on which it can say so is opened after the start
    if (kind === 'http')
      await until(() => remote.headers.filter(({ accept }) => accept === 'text/event-stream').length > 0);
    remote.grow();
    await changed;
    assert.notEqual(server.contract, before);
    assert.equal(says(await server.call('grown', {}, 5000)), 'grown');
  });

  test(`${kind}: a message of more than 16 MiB, or a flood, closes it`, async (t) => {
    const remote = await remoteServer(t, kind);
    const big = await failure((await connected(t, remote.url)).call('big', {}, 30_000));
    assert.equal(big.doubt, true);
    assert.match(big.message, /16 MiB|max payload/i);
    const flooded = await connected(t, remote.url);
    const gone = new Promise<string>((resolve) => flooded.onClose(resolve));
    // over HTTP notifications come by another stream than the answer, which may be first
    const call = flooded.call('flood', {}, 30_000).catch(reasonOf);
    assert.match(await gone, /more than 1000 notifications/);
    await call;
  });

  test(`${kind}: one that is not there, or says nothing, is told of`, async (t) => {
    const remote = await remoteServer(t, kind);
    await remote.vanish();
    await assert.rejects(connected(t, remote.url), (error) => {
      assert.ok(error instanceof VsmError && error.code === 'VSM_MCP');
      assert.match(error.message, /remote cannot be used: .*ECONNREFUSED/);
      return true;
    });
    const mute = await remoteServer(t, 'tcp');
    const url = mute.url.replace('tcp:', `${kind}:`);
    if (kind !== 'tcp')
      await assert.rejects(connected(t, url, {}, 300), /remote cannot be used: no answer within 300 ms/);
  });
}

test('http: what a status means is said with its mend', async (t) => {
  const remote = await remoteServer(t, 'http');
  const answering = (status: number, headers: Record<string, string> = {}, body = '') => {
    remote.instead = (_, response) => response.writeHead(status, headers).end(body).writableEnded;
    return connected(t, remote.url);
  };
  await assert.rejects(answering(401), /answered 401: .*from: ENV_NAME/);
  await assert.rejects(answering(404), /correct the path of its url/);
  await assert.rejects(answering(500), /answered 500/);
  await assert.rejects(
    answering(307, { location: 'http://other.example/mcp' }),
    /a redirect to http:\/\/other\.example\/mcp, which is not followed/,
  );
  await assert.rejects(answering(200, { 'content-type': 'text/html' }, '<html>'), /Unexpected content type/);
  await assert.rejects(answering(200, { 'content-type': 'application/json' }, '<html>'), /no MCP message/);
});

test('http: a redirect within its own origin is followed', async (t) => {
  const remote = await remoteServer(t, 'http');
  remote.instead = (request, response) => {
    if (request.url !== '/mcp') return false;
    response.writeHead(308, { location: '/moved' }).end();
    return true;
  };
  assert.equal(says(await (await connected(t, remote.url)).call('echo', { text: 'hi' }, 5000)), 'hi');
});

test('http: a call whose answer breaks off is in doubt at once, a refused one is not', async (t) => {
  const remote = await remoteServer(t, 'http');
  const server = await connected(t, remote.url);
  remote.instead = (request, response) => {
    if (request.method !== 'POST') return false;
    response.writeHead(429).end('slowly');
    return true;
  };
  const refused = await failure(server.call('echo', { text: '' }, 5000));
  assert.deepEqual([refused.sent, refused.doubt], [true, false]);
  assert.match(refused.message, /refused: it answered 429: .*slowly/);
  remote.instead = (request, response) => {
    if (request.method !== 'POST') return false;
    response.writeHead(503).end();
    return true;
  };
  assert.equal((await failure(server.call('echo', { text: '' }, 5000))).doubt, true);
  assert.equal(server.alive, true);
  remote.instead = (request, response) => {
    if (request.method !== 'POST') return false;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': nothing\n\n');
    return true;
  };
  const broken = await failure(server.call('echo', { text: '' }, 5000));
  assert.equal(broken.doubt, true);
  assert.match(broken.message, /broke off in the middle of an answer/);
  assert.equal(server.alive, false);
});

test('http: a stream that breaks off again and again is taken up as long as its call is waited for, and no longer', async (t) => {
  const remote = await remoteServer(t, 'http');
  const server = await connected(t, remote.url);
  const breaksOff = (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('id: here\nretry: 5\ndata:\n\n');
    return true;
  };
  let [called, resumed] = [false, 0];
  remote.instead = (request, response) => {
    if (request.headers['last-event-id'] === 'here') resumed++;
    else if (called || request.method !== 'POST') return false;
    called = true;
    return breaksOff(response);
  };
  assert.equal((await failure(server.call('echo', { text: '' }, 200))).code, 'VSM_TIMEOUT');
  assert.ok(resumed > 1, `taken up ${resumed} times`);
  const before = resumed;
  for (let n = 0; n < 100; n++) await server.call('echo', { text: '' }, 5000);
  assert.ok(resumed <= before + 1, `taken up ${resumed - before} times more`);
});

test('http: a session that is over is opened anew, and the call was not made', async (t) => {
  const remote = await remoteServer(t, 'http');
  const server = await connected(t, remote.url);
  remote.instead = (_, response) => response.writeHead(404).end().writableEnded;
  const over = await failure(server.call('echo', { text: '' }, 5000));
  assert.deepEqual([over.sent, server.alive], [false, false]);
});

test('http: what changed while its stream of messages was broken is known when it is taken up again', async (t) => {
  const remote = await remoteServer(t, 'http');
  const streams: ServerResponse[] = [];
  remote.instead = (request, response) => {
    if (request.method === 'GET') streams.push(response);
    return false;
  };
  const server = await connected(t, remote.url);
  const told = new Promise((resolve) => server.onContract(resolve));
  await until(() => streams.length === 1);
  streams[0]?.destroy();
  await until(() => streams[0]?.closed === true);
  remote.grow();
  await told;
  assert.equal(streams.length, 2);
});

test('http: 1,000 calls leave no listener on the signal they share, and no socket', (t) => leaveNothing(t, 1000));

test('secrets come out of the environment, and are missed with their name', () => {
  const spec = RemoteSpec.parse({
    url: 'https://a.example',
    headers: { Authorization: { from: 'TOKEN' }, 'X-A': 'b' },
  });
  assert.deepEqual(headersOf(spec, { TOKEN: 'Bearer t\n' }), { Authorization: 'Bearer t', 'X-A': 'b' });
  assert.throws(() => headersOf(spec, {}), { code: 'VSM_CONFIG', message: /TOKEN is not set/ });
  assert.throws(() => headersOf(spec, { TOKEN: 'a\nb' }), { code: 'VSM_CONFIG', message: /TOKEN has characters/ });
});

for (const kind of KINDS) {
  test(`${kind}: one whose name is never found is given up at the deadline`, async () => {
    const lost = openEgressPolicy(allowedOf(['slow.test']), () => new Promise(() => {}));
    const link = linkTo(new URL(`${kind}://slow.test:7777`), {}, lost, clock);
    const failed = connectOver(link, { name: 'remote', deadline: 100, clock, log: quiet });
    await assert.rejects(failed, /no answer within 100 ms/);
  });
}

test('tcp: one that takes no more is let go of all the same', async (t) => {
  const remote = await remoteServer(t, 'tcp');
  const server = await connected(t, remote.url);
  remote.deafen();
  await failure(server.call('echo', { text: 'x'.repeat(2 ** 24) }, 100));
  const open = () => process.getActiveResourcesInfo().filter((what) => what === 'TCPSocketWrap').length;
  const before = open();
  await server.close();
  await until(() => open() === before - 1);
});
