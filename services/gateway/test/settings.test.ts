import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpSettings } from '../src/settings.js';

test('loopback and 4010 unless said otherwise', () => {
  assert.deepEqual(httpSettings({}), { host: '127.0.0.1', port: 4010, names: [] });
  const env = { VSMCP_MCP_PORT: '80', VSMCP_HTTP_HOST: '0.0.0.0', VSMCP_HTTP_NAMES: 'Desk.example, gateway' };
  assert.deepEqual(httpSettings(env), { host: '0.0.0.0', port: 80, names: ['desk.example', 'gateway'] });
});

test('a port that is none is named with its value', () => {
  for (const port of ['', 'http', '70000', '-1', '1.5']) {
    assert.throws(() => httpSettings({ VSMCP_MCP_PORT: port }), { code: 'VSM_CONFIG', message: /VSMCP_MCP_PORT is/ });
  }
});
