import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readRuntime } from '../../src/index.js';

describe('what the environment says', () => {
  test('has defaults', () => {
    const runtime = readRuntime({}, '/fleet');
    assert.equal(runtime.home, '/fleet');
    assert.equal(runtime.dataDir, '/fleet/.vsmcp');
    assert.equal(runtime.mcpPort, 4010);
    assert.deepEqual(runtime.metrics, { host: '127.0.0.1', port: 9568 });
    assert.equal(runtime.amqpUrl, undefined);
    assert.equal(runtime.configFile, undefined);
    assert.match(runtime.node, /^[a-z0-9_-]+$/);
  });

  test('the folder is the config’s, unless it is said', () => {
    const runtime = readRuntime({ VSMCP_CONFIG: 'etc/vsmcp.yaml', VSMCP_NODE_NAME: 'Node 1' }, '/fleet');
    assert.equal(runtime.home, '/fleet/etc');
    assert.equal(runtime.configFile, '/fleet/etc/vsmcp.yaml');
    assert.equal(runtime.node, 'node-1');
    assert.equal(readRuntime({ VSMCP_HOME: '/home', VSMCP_DATA_DIR: 'data' }, '/fleet').dataDir, '/home/data');
  });

  test('a node’s name is one word of a routing key, and tells one from another', () => {
    assert.equal(readRuntime({ VSMCP_NODE_NAME: 'desk.example.org' }, '/').node, 'desk-example-org');
    assert.throws(() => readRuntime({ VSMCP_NODE_NAME: '東京' }, '/'), {
      message: "VSMCP_NODE_NAME: got '東京', expected a name with letters or digits of a-z 0-9",
    });
  });

  test('the broker can be switched off', () => {
    const url = 'amqp://localhost:5672';
    assert.equal(readRuntime({ VSMCP_AMQP_URL: url }, '/').amqpUrl, url);
    assert.equal(readRuntime({ VSMCP_AMQP_URL: url, VSMCP_AMQP_ENABLED: 'false' }, '/').amqpUrl, undefined);
    assert.throws(() => readRuntime({ VSMCP_AMQP_ENABLED: 'yes' }, '/'), /set VSMCP_AMQP_URL too/);
  });

  test('spans need a collector, and telemetry that is not switched off', () => {
    const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://localhost:4318';
    assert.equal(readRuntime({}, '/').traces, false);
    assert.equal(readRuntime({ OTEL_EXPORTER_OTLP_ENDPOINT }, '/').traces, true);
    const off = readRuntime({ OTEL_EXPORTER_OTLP_ENDPOINT, VSMCP_TELEMETRY_ENABLED: 'no' }, '/');
    assert.deepEqual([off.traces, off.telemetry], [false, false]);
    assert.throws(() => readRuntime({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'collector' }, '/'), {
      message: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: got something else, expected a URL such as http://localhost:4318',
    });
  });

  test('every problem is named, and no password is shown', () => {
    const env = { VSMCP_MCP_PORT: 'x', VSMCP_LOG_LEVEL: 'loud', VSMCP_DATABASE_URL: 'mysql://me:secret@db' };
    assert.throws(() => readRuntime(env, '/'), {
      code: 'VSM_CONFIG',
      message: [
        "VSMCP_LOG_LEVEL: got 'loud', expected debug, info, warn, error, silent",
        "VSMCP_MCP_PORT: got 'x', expected a port, 0 to 65535",
        'VSMCP_DATABASE_URL: got something else, expected a URL such as postgres://user:password@host:5432/name',
      ].join('\n'),
    });
  });
});
