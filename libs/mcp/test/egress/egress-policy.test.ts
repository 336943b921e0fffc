import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { connectOver } from '../../src/client/connection.js';
import { linkTo } from '../../src/client/remote/link-to.js';
import { allowedOf, refusedAddress } from '../../src/egress/addresses.js';
import { openEgressPolicy, type Resolve } from '../../src/egress/dial.js';
import { remoteServer } from '../remote-server.js';
import { clock, quiet } from '../support.js';

const NOTHING = allowedOf([]);
const refused = (address: string, allowed = NOTHING, host = address) => refusedAddress(address, host, allowed);

test('only public unicast addresses are admitted by themselves', () => {
  for (const address of ['8.8.8.8', '100.63.255.255', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])
    assert.equal(refused(address), undefined, address);
  const kinds: [string, string][] = [
    ['127.0.0.1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['192.168.0.1', 'private'],
    ['169.254.169.254', 'linkLocal'],
    ['100.64.0.1', 'carrierGradeNat'],
    ['0.0.0.0', 'unspecified'],
    ['255.255.255.255', 'broadcast'],
    ['224.0.0.1', 'multicast'],
    ['198.18.0.1', 'reserved'],
    ['::1', 'loopback'],
    ['::', 'unspecified'],
    ['fe80::1', 'linkLocal'],
    ['fd00::1', 'uniqueLocal'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:a9fe:a9fe', 'linkLocal'],
    ['::127.0.0.1', 'loopback'],
    ['64:ff9b::7f00:1', 'rfc6052'],
    ['2002:7f00:1::', '6to4'],
    ['2001::1', 'teredo'],
    ['ff02::1', 'multicast'],
    ['nonsense', 'not an address'],
  ];
  for (const [address, kind] of kinds) assert.equal(refused(address), kind, address);
});

test('however an IPv4 address is written into IPv6, it is judged as what it is', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      assert.equal(refused(`::ffff:${address}`), refused(address));
    }),
  );
});

test('policy admits ranges, addresses and hosts, each for itself alone', () => {
  const allowed = allowedOf(['10.0.0.0/8', 'fd00::/8', '127.0.0.1', 'MCP.internal.']);
  for (const address of ['10.9.8.7', '::ffff:10.9.8.7', 'fd12::1', '127.0.0.1'])
    assert.equal(refused(address, allowed), undefined, address);
  for (const address of ['11.0.0.1', '8.8.8.8']) assert.equal(refused(address, allowed), undefined, address);
  for (const address of ['127.0.0.2', '192.168.0.1', 'fe80::1', '::1']) assert.ok(refused(address, allowed), address);
  assert.equal(refused('192.168.0.1', allowed, 'mcp.internal'), undefined);
  assert.ok(refused('192.168.0.1', allowed, 'other.internal'));
  assert.throws(() => allowedOf(['10.0.0.0/33']), { code: 'VSM_CONFIG' });
});

/** Opens a link to an address, with names resolved as told. */
function dialling(t: TestContext, url: string, places: readonly string[] = [], resolve?: Resolve) {
  const link = linkTo(new URL(url), {}, openEgressPolicy(allowedOf(places), resolve), clock);
  t.after(() => link.close());
  return connectOver(link, { name: 'remote', deadline: 10_000, clock, log: quiet });
}

test('a server at an address inside is not dialled, however it is written', async (t) => {
  let dialled = 0;
  const listener = createServer((_, response) => response.end()).on('connection', () => dialled++);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.after(() => listener.close());
  const { port } = listener.address() as { port: number };
  const hosts = [
    '127.0.0.1',
    '2130706433',
    '0177.0.0.1',
    '0x7f.1',
    '127.1',
    '[::ffff:127.0.0.1]',
    '[::1]',
    'localhost',
  ];
  for (const scheme of ['http', 'ws', 'tcp'])
    for (const host of hosts) {
      const url = `${scheme}://${host}:${port}`;
      await assert.rejects(dialling(t, url), { code: 'VSM_POLICY', message: /policy\.private/ }, url);
    }
  assert.equal(dialled, 0);
});

test('a name is resolved once, all its addresses are checked, and the socket goes to what was checked', async (t) => {
  const remote = await remoteServer(t, 'http');
  const { port } = new URL(remote.url);
  const url = `http://mcp.example:${port}/mcp`;
  const answers =
    (...addresses: string[]): Resolve =>
    async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const code = 'VSM_POLICY';
  await assert.rejects(dialling(t, url, [], answers('127.0.0.1')), {
    code,
    message: /mcp\.example is at 127\.0\.0\.1/,
  });
  await assert.rejects(dialling(t, url, [], answers('8.8.8.8', '127.0.0.1')), { code });
  await assert.rejects(dialling(t, url, [], answers('::ffff:127.0.0.1')), { code });
  assert.equal(remote.headers.length, 0);
  // good the first time it is asked, and something else after that: nobody asks a second time for the same socket
  let asked = 0;
  const rebinding: Resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
  const line = (await remoteServer(t, 'tcp')).url.replace('127.0.0.1', 'mcp.example');
  const server = await dialling(t, line, ['127.0.0.1'], rebinding);
  assert.equal((await server.call('echo', { text: 'hi' }, 5000)).isError, false);
  assert.equal(asked, 1);
  await assert.rejects(dialling(t, line, ['127.0.0.1'], rebinding), { code, message: /127\.0\.0\.2/ });
  const admitted = await dialling(t, url, ['mcp.example'], answers('127.0.0.1'));
  await admitted.close();
});

test('a redirect leads nowhere that could not be dialled', async (t) => {
  const remote = await remoteServer(t, 'http');
  const inner = await remoteServer(t, 'http');
  remote.instead = (_, response) => response.writeHead(307, { location: inner.url }).end().writableEnded;
  await assert.rejects(dialling(t, remote.url, ['127.0.0.1']), /a redirect to .*, which is not followed/);
  assert.equal(inner.headers.length, 0);
  // within its own origin it is followed, and the name looked at again for a new socket
  let asked = 0;
  const resolve: Resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '169.254.169.254', family: 4 }];
  remote.instead = (_, response) => {
    response.writeHead(307, { location: '/other', connection: 'close' }).end();
    return true;
  };
  const url = remote.url.replace('127.0.0.1', 'mcp.example');
  await assert.rejects(dialling(t, url, ['127.0.0.1'], resolve), { code: 'VSM_POLICY', message: /169\.254\.169\.254/ });
});
