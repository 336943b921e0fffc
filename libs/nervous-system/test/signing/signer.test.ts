import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { HEADERS, openSigner, type Signable } from '@vsmcp/nervous-system';
import fc from 'fast-check';
import { bytes } from '../world.js';

const SECRET = 'a secret of the fleet, not too short';
const signer = openSigner([SECRET]);

const MESSAGE: Signable = {
  key: 's1.any.try',
  content: bytes('{"epoch":7}'),
  contentType: 'application/json',
  contentEncoding: 'identity',
  id: 'c-1',
  appId: 's3-one',
  replyTo: 's3-one',
  correlationId: 'q-1',
  attempts: 2,
  headers: {},
};

const sign = (message: Signable, path = 'vsm', channel: 'command' | 'dead' | 'report' = 'command') => ({
  ...message,
  headers: { ...message.headers, [HEADERS.signature]: signer.sign(path, channel, message) },
});

describe('a signature', () => {
  test('is what anybody with the secret can make by hand', () => {
    const { id, ...few } = MESSAGE;
    const message = {
      key: few.key,
      content: few.content,
      contentType: 'text/plain',
      id: 'é',
      attempts: 0,
      headers: {},
    };
    const said = '2:v1,11:vsm.command,10:s1.any.try,2:é,10:text/plain,0:,0:,0:,0:,1:0,0:,0:,0:,{"epoch":7}';
    const expected = createHmac('sha256', SECRET).update(said).digest('hex');
    assert.equal(signer.sign('vsm', 'command', message), `v1=${expected}`);
  });

  test('holds for the message as it was signed', () => {
    assert.ok(signer.verify('vsm', 'command', sign(MESSAGE)));
    const traced = sign(MESSAGE);
    // trace context changes on the way, and decides nothing
    assert.ok(signer.verify('vsm', 'command', { ...traced, headers: { ...traced.headers, traceparent: 'x' } }));
  });

  const altered: [what: string, change: Partial<Signable>][] = [
    ['key', { key: 's1.any.settle' }],
    ['content', { content: bytes('{"epoch":9007199254740991}') }],
    ['content, cut', { content: bytes('{"epoch":7') }],
    ['content type', { contentType: 'text/plain' }],
    ['content encoding', { contentEncoding: 'gzip' }],
    ['message id', { id: 'c-2' }],
    ['app id', { appId: 's3-two' }],
    ['reply-to', { replyTo: 'me' }],
    ['correlation id', { correlationId: 'q-2' }],
    ['attempts', { attempts: 0 }],
  ];
  for (const [what, change] of altered) {
    test(`does not hold for another ${what}`, () => {
      assert.ok(!signer.verify('vsm', 'command', { ...sign(MESSAGE), ...change }));
    });
  }

  test('does not hold in another fleet, on another channel, or under another secret', () => {
    assert.ok(!signer.verify('vsm.west', 'command', sign(MESSAGE)));
    assert.ok(!signer.verify('vsm', 'report', sign(MESSAGE)));
    assert.ok(!openSigner(['another secret']).verify('vsm', 'command', sign(MESSAGE)));
  });

  test('of the dead holds for where and why they died', () => {
    const headers = { [HEADERS.channel]: 'environment', [HEADERS.queue]: 's1.work', [HEADERS.reason]: 'poison' };
    const dead = sign({ ...MESSAGE, headers }, 'vsm', 'dead');
    assert.ok(signer.verify('vsm', 'dead', dead));
    for (const name of [HEADERS.channel, HEADERS.queue, HEADERS.reason]) {
      assert.ok(!signer.verify('vsm', 'dead', { ...dead, headers: { ...dead.headers, [name]: 'else' } }), name);
    }
  });

  test('is none where it is missing or is something else', () => {
    const good = signer.sign('vsm', 'command', MESSAGE);
    const given: unknown[] = [undefined, '', 'v1=', good.slice(0, -1), `${good}0`, good.replace('v1', 'v2')];
    for (const signature of [...given, good.toUpperCase(), 7, [good], { good }]) {
      assert.ok(!signer.verify('vsm', 'command', { ...MESSAGE, headers: { [HEADERS.signature]: signature } }));
    }
  });

  test('is made with the first secret, and holds under any', () => {
    const both = openSigner(['new secret', SECRET]);
    assert.ok(both.verify('vsm', 'command', sign(MESSAGE)));
    assert.equal(both.sign('vsm', 'command', MESSAGE), openSigner(['new secret']).sign('vsm', 'command', MESSAGE));
    assert.throws(() => openSigner([]), { code: 'VSM_CONFIG' });
  });

  test('nothing can be moved from one part into the next', () => {
    const part = fc.stringMatching(/^[0-9:,a]{0,6}$/);
    const parts = fc.record({ key: part, id: part, contentType: part, appId: part, replyTo: part, content: part });
    const message = (p: { content: string } & Omit<Signable, 'content' | 'attempts' | 'headers'>): Signable => ({
      ...p,
      content: bytes(p.content),
      attempts: 0,
      headers: {},
    });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        assert.equal(signer.verify('vsm', 'command', { ...message(b), headers: sign(message(a)).headers }), same);
      }),
    );
  });
});
