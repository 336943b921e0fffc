import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { reasonOf } from '@vsmcp/vsm';
import { allowedOf } from '../../src/egress/addresses.js';
import { openEgressPolicy, type Resolve } from '../../src/egress/dial.js';
import { type Dial, openEgress } from '../../src/egress/egress.js';
import { admits } from '../../src/egress/hosts.js';
import { confined, rungs } from '../sandbox/confined.js';
import { keptLog, temporary } from '../support.js';

test('a host is admitted as it was declared: its names, its ports', () => {
  const hosts = ['api.example.org', '*.example.com', 'localhost:8080', '[::1]:9', 'B.example.org.:443'];
  const tried: [string, number, boolean][] = [
    ['api.example.org', 443, true],
    ['API.example.org.', 80, true],
    ['api.example.org', 8443, false],
    ['example.org', 443, false],
    ['evil-api.example.org', 443, false],
    ['api.example.org.evil.net', 443, false],
    ['a.example.com', 443, true],
    ['a.b.example.com', 443, true],
    ['example.com', 443, false],
    ['evilexample.com', 443, false],
    ['localhost', 8080, true],
    ['localhost', 443, false],
    ['::1', 9, true],
    ['b.example.org', 443, true],
    ['b.example.org', 80, false],
  ];
  for (const [host, port, admitted] of tried) assert.equal(admits(hosts, host, port), admitted, `${host}:${port}`);
});

/** A server on loopback that says hello at /, and sends on to `to` at /away. */
async function hello(t: TestContext, tls?: { key: Buffer; cert: Buffer }, to = '') {
  const listener: http.RequestListener = (request, response) => {
    if (request.url === '/away') response.writeHead(302, { location: to }).end();
    else response.end('hello');
  };
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return { port, host: `localhost:${port}`, url: `${tls ? 'https' : 'http'}://localhost:${port}/` };
}

async function certificate(t: TestContext) {
  const folder = await temporary(t);
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...made, ...name], { stdio: 'ignore' });
  return { cert, tls: { key: await readFile(key), cert: await readFile(cert) } };
}

/** A proxy that goes with the test, and what was dialled through it. */
async function proxy(t: TestContext, hosts: string[], places: string[], resolve?: Resolve) {
  const dials: (Dial & { refused?: string })[] = [];
  const log = keptLog();
  const egress = await openEgress('escape', hosts, {
    policy: openEgressPolicy(allowedOf(places), resolve),
    log,
    watch: async (what, dial) => {
      try {
        const far = await dial();
        dials.push(what);
        return far;
      } catch (error) {
        dials.push({ ...what, refused: reasonOf(error) });
        throw error;
      }
    },
  });
  t.after(() => egress.close());
  return { egress: egress.socket, dials, log };
}

for (const { rung, ok, why } of rungs) {
  test(`${rung}: declared hosts are reached, over HTTP and HTTPS, and no others`, {
    skip: !ok && (why ?? 'not here'),
  }, async (t) => {
    const { cert, tls } = await certificate(t);
    const other = await hello(t);
    const plain = await hello(t, undefined, other.url);
    const secure = await hello(t, tls);
    const { egress, dials, log } = await proxy(t, [plain.host, secure.host], ['localhost']);
    const given = { hosts: [plain.host, secure.host], reads: [cert] };
    const { attempt } = await confined(t, rung, given, { NODE_EXTRA_CA_CERTS: cert }, { egress });

    for (const url of [plain.url, secure.url])
      for (const [tool, own] of [['fetch'], ['request', false], ['request', true]] as const)
        assert.deepEqual(await attempt(tool, { url, own }), { ok: true, text: '200 hello' }, `${tool} ${url}`);
    assert.equal(dials.filter(({ refused }) => refused === undefined).length >= 4, true);

    const no = /escape may not reach localhost at port \d+: if it should, add localhost:\d+ to hosts/;
    for (const tool of ['fetch', 'request']) {
      const refused = await attempt(tool, { url: other.url });
      assert.equal(refused.ok, false);
      assert.match(refused.text, no);
    }
    const away = await attempt('fetch', { url: `${plain.url}away` });
    assert.equal(away.ok, false);
    assert.match(away.text, no);
    assert.match(log.lines.find(({ level }) => level === 'warn')?.message ?? '', /did not get the connection/);

    const workers = await confined(t, rung, { ...given, runs: ['true'] }, {}, { egress });
    for (const fork of [false, true])
      assert.deepEqual(await workers.attempt('elsewhere', { url: plain.url, fork }), { ok: true, text: 'hello' });

    // past the proxy there is nothing, where the rung holds the network
    const raw = await attempt('connect', { to: { port: plain.port, host: '127.0.0.1' } });
    const holds = !rungs.find((each) => each.rung === rung)?.gaps.includes('hosts');
    assert.equal(raw.ok, !holds);
  });
}

/** The proxy's answer to one request line. */
async function asks(socket: string, line: string): Promise<string> {
  const client = connect(socket).setEncoding('utf8');
  client.write(`${line}\r\nhost: x\r\n\r\n`);
  const [text]: string[] = await once(client, 'data');
  client.destroy();
  return decodeURIComponent(text ?? '');
}

test('a declared name that is at a place inside is refused, unless policy admits it', async (t) => {
  const { port } = await hello(t);
  const name = `api.example.org:${port}`;
  const resolve: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  const closed = await proxy(t, [name, `127.0.0.1:${port}`], [], resolve);
  assert.match(
    await asks(closed.egress, `CONNECT ${name} HTTP/1.1`),
    /403.*api\.example\.org is at 127\.0\.0\.1, .*policy/s,
  );
  assert.match(await asks(closed.egress, `CONNECT 127.0.0.1:${port} HTTP/1.1`), /403.*policy\.private/s);
  const open = await proxy(t, [name], ['127.0.0.0/8'], resolve);
  assert.match(await asks(open.egress, `CONNECT ${name} HTTP/1.1`), /^HTTP\/1\.1 200/);
});

test('what is no dial is refused, and what is not there is said so', async (t) => {
  const { egress } = await proxy(t, ['localhost:1'], ['localhost']);
  assert.match(await asks(egress, 'GET http://localhost:1/ HTTP/1.1'), /405/);
  assert.match(await asks(egress, 'CONNECT localhost HTTP/1.1'), /403.*CONNECT host:port/s);
  assert.match(await asks(egress, 'CONNECT localhost:1 HTTP/1.1'), /502.*cannot be reached/s);
});
