import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { fleetAt } from '../src/fleet.js';

async function listening(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

describe('a fleet that does not answer as it should', () => {
  it('is waited for only so long, before its headers and after', async (t) => {
    const mute = await listening(t, () => undefined);
    await assert.rejects(fleetAt(mute, 100).get('/status'), { code: 'VSM_TIMEOUT', message: /vsmcp doctor/ });
    const halfway = await listening(t, (_, response) => response.write('{"viable":'));
    await assert.rejects(fleetAt(halfway, 100).get('/status'), { code: 'VSM_TIMEOUT' });
  });

  it('is said to have broken off when it does', async (t) => {
    const broken = await listening(t, (request, response) => {
      response.write('{"viable":', () => request.socket.destroy());
    });
    await assert.rejects(fleetAt(broken).get('/status'), { code: 'VSM_NOT_FOUND', message: /broke off/ });
  });
});
