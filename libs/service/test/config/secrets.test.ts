import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRuntime, withSecrets } from '../../src/index.js';

test('what holds a password can lie in a file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-secrets-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'amqp');
  await writeFile(file, 'amqp://s1:secret@broker:5672\n');
  await writeFile(join(folder, 'empty'), '\n');

  assert.equal(readRuntime({ VSMCP_AMQP_URL_FILE: file }, '/').amqpUrl, 'amqp://s1:secret@broker:5672');
  assert.deepEqual(withSecrets({ VSMCP_AMQP_URL_FILE: ' ' }), { VSMCP_AMQP_URL_FILE: ' ' });
  assert.throws(() => withSecrets({ VSMCP_AMQP_URL_FILE: file, VSMCP_AMQP_URL: 'amqp://x' }), {
    code: 'VSM_CONFIG',
    message: /both set: leave one of them out/,
  });
  assert.throws(() => withSecrets({ VSMCP_DATABASE_URL_FILE: join(folder, 'none') }), {
    code: 'VSM_CONFIG',
    message: /^VSMCP_DATABASE_URL_FILE: .* cannot be read: ENOENT/,
  });
  assert.throws(() => withSecrets({ VSMCP_DATABASE_URL_FILE: join(folder, 'empty') }), { message: /is empty/ });
  // what was read is checked like any other, and never shown
  await writeFile(file, 'http://s1:secret@broker');
  assert.throws(() => readRuntime({ VSMCP_AMQP_URL_FILE: file }, '/'), {
    message: 'VSMCP_AMQP_URL: got something else, expected a URL such as amqp://user:password@host:5672',
  });
});

test('declaring on the broker can be left to somebody else', () => {
  assert.equal(readRuntime({}, '/').amqpDeclare, true);
  assert.equal(readRuntime({ VSMCP_AMQP_DECLARE: 'false' }, '/').amqpDeclare, false);
});

test('the cookie: one secret, or several by comma or line; it too can lie in a file, and is never shown', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-cookie-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'cookie');
  await writeFile(file, 'new secret\n old secret \n\n');
  assert.deepEqual(readRuntime({}, '/').cookie, []);
  assert.deepEqual(readRuntime({ VSMCP_COOKIE: ' ' }, '/').cookie, []);
  assert.deepEqual(readRuntime({ VSMCP_COOKIE: 'one' }, '/').cookie, ['one']);
  assert.deepEqual(readRuntime({ VSMCP_COOKIE: 'new, old,' }, '/').cookie, ['new', 'old']);
  assert.deepEqual(readRuntime({ VSMCP_COOKIE_FILE: file }, '/').cookie, ['new secret', 'old secret']);
  assert.throws(() => readRuntime({ VSMCP_COOKIE: ' , ' }, '/'), {
    message: 'VSMCP_COOKIE: got something else, expected a secret, or two by comma',
  });
});
