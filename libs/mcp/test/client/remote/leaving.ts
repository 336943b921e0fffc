import assert from 'node:assert/strict';
import { getEventListeners, setMaxListeners } from 'node:events';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { connectOver } from '../../../src/client/connection.js';
import { Exchanges } from '../../../src/client/remote/exchanges.js';
import { linkTo } from '../../../src/client/remote/link-to.js';
import { allowedOf } from '../../../src/egress/addresses.js';
import { openEgressPolicy } from '../../../src/egress/dial.js';
import { remoteServer } from '../../remote-server.js';
import { clock, quiet, until } from '../../support.js';

/** So many calls over HTTP, 32 at a time, leave no listener on the signal they share, and no socket. */
export async function leaveNothing(t: TestContext, calls: number): Promise<void> {
  const remote = await remoteServer(t, 'http', { json: true });
  const shared = new Set<AbortSignal>();
  const begin = Exchanges.prototype.begin;
  t.mock.method(Exchanges.prototype, 'begin', function (this: Exchanges, ...args: Parameters<typeof begin>) {
    if (args[0]) shared.add(args[0]);
    return begin.apply(this, args);
  });
  const link = linkTo(new URL(remote.url), {}, openEgressPolicy(allowedOf(['127.0.0.0/8'])), clock);
  const server = await connectOver(link, { name: 'remote', deadline: 15_000, clock, log: quiet });
  t.after(() => server.close());
  // the calls are answered without the SDK's server, which would cost as much again
  remote.instead = (request, response) => {
    if (request.method !== 'POST') return false;
    text(request).then((body) => {
      const answer = { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    }, assert.ifError);
    return true;
  };
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  let left = calls;
  const caller = async () => {
    while (left-- > 0) await server.call('echo', { text: 'hi' }, 30_000, abort.signal);
  };
  await Promise.all(Array.from({ length: 32 }, caller));
  const listeners = [...shared].map((signal) => getEventListeners(signal, 'abort').length);
  // that of the stream of messages
  assert.deepEqual(listeners, [1]);
  assert.equal(getEventListeners(abort.signal, 'abort').length, 0);
  assert.ok(remote.sockets() <= 128, `${remote.sockets()} sockets`);
  await server.close();
  await until(() => remote.sockets() === 0);
  assert.deepEqual(
    [...shared].map((signal) => getEventListeners(signal, 'abort').length),
    [0],
  );
}
