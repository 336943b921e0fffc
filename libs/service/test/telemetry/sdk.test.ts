import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { currentTrace, inSpan, openLog, startTelemetry } from '../../src/index.js';

const who = { system: 's1', instance: 'x' };
const about = { service: 'vsmcp-s1', namespace: 'vsm', instance: 'x', version: '0' };

describe('OpenTelemetry of a process', () => {
  let folder: string;
  /** Takes the request and never answers. */
  const collector = createServer(() => {});
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vsmcp-telemetry-'));
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const address = collector.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${port}`;
  });
  after(async () => {
    collector.closeAllConnections();
    collector.close();
    await rm(folder, { recursive: true });
  });

  test('off, nothing is made of what is asked for', async () => {
    const telemetry = await startTelemetry({ ...about, traces: false, log: openLog('silent') });
    const trace = await inSpan(who, 'work', { begins: true }, async () => currentTrace());
    assert.deepEqual(trace, {});
    await telemetry.stop();
  });

  test('log lines name their trace; a collector that hangs holds the end up only so long', async () => {
    const file = join(folder, 'log');
    const log = openLog('info', {}, file);
    const telemetry = await startTelemetry({ ...about, traces: true, log });
    const { traceparent } = await inSpan(who, 'work', { begins: true }, async () => {
      log.info({}, 'within');
      return currentTrace();
    });
    await telemetry.stop();
    const lines = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const within = lines.find(({ msg }) => msg === 'within');
    assert.equal(traceparent, `00-${within.trace_id}-${within.span_id}-01`);
    assert.equal(lines.find(({ msg }) => msg === 'exports spans').trace_id, undefined);
    assert.ok(lines.some(({ msg }) => msg === 'the collector did not take the last spans in time'));
  });
});
