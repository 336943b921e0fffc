import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Service } from '@vsmcp/service';
import { type Fleet, openFleet } from '../../../test/support/fleet.js';
import { system4 } from '../src/system4.js';

const good = {
  server: {
    name: 'io.github.some/weather',
    description: 'Weather of tomorrow',
    version: '1.0.0',
    packages: [{ registryType: 'npm', identifier: 'some-weather', version: '1.0.0', transport: { type: 'stdio' } }],
  },
};

/** A port on which nobody listens: it was given back. */
async function nobody(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

describe('bad registries', () => {
  const s1: Service = {
    system: 's1',
    async start(context) {
      const answering = await context.answer({ waiting: async () => ({ types: 0, events: 0, waiting: [] }) });
      return () => answering.stop();
    },
  };
  let home: string;
  let fleet: Fleet;
  let away: string;
  let wrong: { url: string; close(): void };

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'vsmcp-registries-'));
    away = await nobody();
    const server = createServer((_request, response) => response.writeHead(500).end('no'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    wrong = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
    await writeFile(join(home, 'prose.json'), 'these are my servers');
    await writeFile(join(home, 'shape.json'), JSON.stringify({ servers: { one: good } }));
    await writeFile(join(home, 'partly.json'), JSON.stringify({ servers: [{ server: { name: 7 } }, good, null] }));
    const registries = ['prose.json', 'shape.json', 'partly.json', 'gone.json', away, wrong.url];
    fleet = await openFleet({ home, services: [s1, system4], config: { registries } });
  });
  after(async () => {
    wrong.close();
    await fleet.stop();
    await rm(home, { recursive: true, force: true });
  });

  it('are each named with what is wrong, and what is good is used', async () => {
    const { registries, candidates } = await fleet.ask('discover', {});
    const error = (name: string) => registries.find(({ registry }) => registry === name)?.error ?? '';
    assert.match(error('prose.json'), /prose\.json.*JSON/);
    assert.match(error('shape.json'), /shape\.json.*servers/);
    assert.match(error('gone.json'), /gone\.json cannot be read/);
    assert.ok(error(away).includes(away), error(away));
    assert.ok(error(wrong.url).includes(wrong.url) && error(wrong.url).includes('500'), error(wrong.url));
    assert.deepEqual(
      registries.find(({ registry }) => registry === 'partly.json'),
      {
        registry: 'partly.json',
        servers: 1,
        left: [
          'servers.0.server.name: Invalid input: expected string, received number',
          'servers.2: Invalid input: expected object, received null',
        ],
      },
    );
    assert.deepEqual(
      candidates.map(({ name }) => name),
      ['io.github.some/weather'],
    );
  });

  it('are used as soon as they are mended', async () => {
    await writeFile(join(home, 'prose.json'), JSON.stringify({ servers: [good] }));
    const { registries } = await fleet.ask('discover', {});
    assert.deepEqual(
      registries.find(({ registry }) => registry === 'prose.json'),
      { registry: 'prose.json', servers: 1 },
    );
  });
});
