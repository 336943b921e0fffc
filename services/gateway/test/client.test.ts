import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import { after, test } from 'node:test';
import { until } from '../../../test/support/until.js';
import { Client } from '../src/client.js';

const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => server.close());

test('a client that does not read costs a bounded queue; then it learns how much it missed', async () => {
  const arrived = once(server, 'request');
  const address = server.address();
  assert.ok(address !== null && typeof address !== 'string');
  const asked = get({ host: '127.0.0.1', port: address.port });
  const [, response]: [unknown, ServerResponse] = (await arrived) as [unknown, ServerResponse];
  const client = new Client(response);
  const filler = 'x'.repeat(10_000);
  for (let i = 0; i < 5000; i++) client.send('outcome', { i, filler });
  assert.ok(response.writableLength < 1_000_000, `${response.writableLength} bytes wait in the socket`);

  const [incoming] = await once(asked, 'response');
  let text = '';
  incoming.setEncoding('utf8');
  incoming.on('data', (chunk: string) => {
    text += chunk;
  });
  const dropped = await until(() => /event: dropped\ndata: \{"dropped":(\d+)\}/.exec(text)?.[1]);
  await until(() => text.includes('"i":4999'));
  const got = text.match(/event: outcome/g)?.length ?? 0;
  assert.equal(got + Number(dropped), 5000);
  client.end();
  asked.destroy();
});
