import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openRegistry } from '../../src/index.js';
import { clock, keptLog, temporary } from '../support.js';

const OFFICIAL = 'io.modelcontextprotocol.registry/official';
const PUBLISHER = 'io.modelcontextprotocol.registry/publisher-provided';

const npmPackage = (some: object = {}) => ({
  registryType: 'npm',
  identifier: 'time-mcp',
  version: '1.0.6',
  transport: { type: 'stdio' },
  ...some,
});

const entry = (name: string, server: object = {}, official: object = {}) => ({
  server: { name, description: 'd', version: '1.0.0', packages: [npmPackage()], ...server },
  _meta: { [OFFICIAL]: official },
});

async function fromFile(t: TestContext, servers: unknown, log = keptLog()) {
  const dataDir = await temporary(t);
  await writeFile(join(dataDir, 'registry.json'), typeof servers === 'string' ? servers : JSON.stringify({ servers }));
  return openRegistry('registry.json', { name: 'test', home: dataDir, dataDir, ttl: 0, clock, log }).candidates();
}

test('a file gives the newest version of what can run from npm over stdio', async (t) => {
  const log = keptLog();
  const found = await fromFile(
    t,
    [
      entry('a/newest', { version: '1.9.0' }),
      entry('a/newest', { version: '1.10.0', title: 'New\u200best' }),
      entry('a/latest', { version: 'b' }, { isLatest: false, publishedAt: '2027' }),
      entry('a/latest', { version: 'a' }, { isLatest: true }),
      entry('a/deleted', {}, { status: 'deleted' }),
      entry('a/python', { packages: [npmPackage({ registryType: 'pypi' })] }),
      entry('a/http', { packages: [npmPackage({ transport: { type: 'streamable-http', url: 'http://x' } })] }),
      entry('a/range', { packages: [npmPackage({ version: '^1.0.0' })] }),
      entry('a/remote', { packages: [] }),
      { server: { name: 'bad name', description: '', version: '1' } },
      entry('a/second', { packages: [npmPackage({ registryType: 'oci' }), npmPackage()] }),
    ],
    log,
  );
  assert.deepEqual(
    found.map(({ name, version, title }) => [name, version, title]),
    [
      ['a/newest', '1.10.0', 'Newest'],
      ['a/latest', 'a', undefined],
      ['a/second', '1.0.0', undefined],
    ],
  );
  assert.equal(found[0]?.registry, 'test');
  assert.equal(found[0]?.spec.npm, 'time-mcp@1.0.6');
  const warned = log.lines.filter((line) => line.level === 'warn').map((line) => JSON.stringify(line.fields));
  assert.equal(warned.length, 1);
  assert.match(warned[0] ?? '', /servers\.9\.server\.name/);
  assert.equal(log.lines.filter((line) => line.level === 'debug').length, 5);
});

test('fixed arguments and variables are taken, missing ones make it impossible, declared needs become grants', async (t) => {
  const found = await fromFile(t, [
    entry('a/given', {
      packages: [
        npmPackage({
          runtimeArguments: [{ type: 'positional', value: '-y' }],
          packageArguments: [
            { type: 'positional', value: 'serve' },
            { type: 'named', name: '--root', value: '{dir}/x', variables: { dir: { default: 'desk' } } },
            { type: 'named', name: '--stdio', format: 'boolean', isRequired: true },
            { type: 'named', name: '--port', valueHint: 'port' },
          ],
          environmentVariables: [
            { name: 'LEVEL', default: 'info' },
            { name: 'OPTIONAL', isSecret: true },
          ],
        }),
      ],
      _meta: { [PUBLISHER]: { 'vsmcp/needs': { runs: ['git'], network: true } } },
    }),
    entry('a/key', { packages: [npmPackage({ environmentVariables: [{ name: 'API_KEY', isRequired: true }] })] }),
    entry('a/path', { packages: [npmPackage({ packageArguments: [{ type: 'positional', isRequired: true }] })] }),
    entry('a/preload', { packages: [npmPackage({ environmentVariables: [{ name: 'NODE_OPTIONS', value: 'x' }] })] }),
    entry('a/node', {
      packages: [npmPackage({ runtimeArguments: [{ type: 'named', name: '--require', value: 'x' }] })],
    }),
  ]);
  assert.equal(found.length, 1);
  assert.deepEqual(found[0]?.spec, {
    npm: 'time-mcp@1.0.6',
    args: ['serve', '--root=desk/x', '--stdio'],
    env: { LEVEL: 'info' },
    grants: { reads: [], writes: [], runs: ['git'], network: true, hosts: [] },
    parallel: false,
  });
});

test('a wrong file is named with the place in it', async (t) => {
  const code = 'VSM_MCP';
  await assert.rejects(fromFile(t, '{'), { code, message: /registry\.json is not JSON/ });
  await assert.rejects(fromFile(t, '{"servers": {}}'), { code, message: /registry\.json .* at servers: / });
  const dataDir = await temporary(t);
  const missing = openRegistry('gone.json', { home: dataDir, dataDir, ttl: 0, clock, log: keptLog() });
  await assert.rejects(missing.candidates(), { code, message: /gone\.json cannot be read/ });
});

/** A registry on loopback; what it was asked, and how it answers now. */
async function served(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: string[] = [];
  const state = { answer };
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers['if-none-match'] ?? ''}`.trim());
    state.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  return { asked, state, base: `http://127.0.0.1:${port}` };
}

test('over HTTP: all pages, then by ETag, and from the cache when it is gone', async (t) => {
  const { asked, state, base } = await served(t, (request, response) => {
    const second = request.url?.includes('cursor=n%3A2');
    const etag = second ? '"two"' : '"one"';
    if (request.headers['if-none-match'] === etag) return response.writeHead(304).end();
    const metadata = second ? { count: 1 } : { nextCursor: 'n:2', count: 1 };
    const servers = [entry(second ? 'a/two' : 'a/one')];
    return response.setHeader('etag', etag).end(JSON.stringify({ servers, metadata }));
  });
  const dataDir = await temporary(t);
  const log = keptLog();
  const registry = (ttl: number) => openRegistry(`${base}/`, { dataDir, ttl, clock, log });
  const names = async (ttl: number) => (await registry(ttl).candidates()).map(({ name }) => name);
  const page = '/v0.1/servers?limit=100&version=latest';
  assert.deepEqual(await names(60_000), ['a/one', 'a/two']);
  assert.deepEqual(await names(60_000), ['a/one', 'a/two']);
  assert.deepEqual(asked, [page, `${page}&cursor=n%3A2`]);
  assert.deepEqual(await names(0), ['a/one', 'a/two']);
  assert.deepEqual(asked.slice(2), [`${page} "one"`, `${page}&cursor=n%3A2 "two"`]);
  state.answer = (_, response) => response.writeHead(500).end();
  assert.deepEqual(await names(0), ['a/one', 'a/two']);
  assert.equal(log.lines.filter((line) => line.message.includes('last answer is used')).length, 1);
});

test('over HTTP: what is wrong is said with its address', async (t) => {
  const { state, base } = await served(t, (_, response) => response.writeHead(404).end());
  const reading = async () => {
    const dataDir = await temporary(t);
    return openRegistry(base, { dataDir, ttl: 0, clock, log: keptLog() }).candidates();
  };
  const code = 'VSM_MCP';
  await assert.rejects(reading(), { code, message: /servers.* answered 404/ });
  state.answer = (_, response) => response.end('<html>');
  await assert.rejects(reading(), { code, message: /is not JSON/ });
  state.answer = (_, response) => response.end(JSON.stringify({ servers: [], metadata: { nextCursor: 'same' } }));
  await assert.rejects(reading(), { code, message: /its pages do not end/ });
  state.answer = (_, response) => response.end(Buffer.alloc(17 * 2 ** 20, 32));
  await assert.rejects(reading(), { code, message: /more than 16 MiB/ });
  const gone = openRegistry('http://127.0.0.1:9', { dataDir: await temporary(t), ttl: 0, clock, log: keptLog() });
  await assert.rejects(gone.candidates(), { code, message: /127\.0\.0\.1:9.* cannot be read/ });
});
