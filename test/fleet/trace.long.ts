import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { type Collector, type Exported, exportingTo, openCollector } from '../support/collector.js';
import { openOutside } from '../support/outside.js';
import { freePort } from '../support/ports.js';
import { brokerUrl, hasBroker } from '../support/rabbitmq.js';
import { until } from '../support/until.js';
import { startUp } from '../support/up.js';

const PATH = `trace-${process.pid}`;
const NOTES = 12;
const CONFIG = `
name: traced
path: ${PATH}
servers:
  memory: { npm: "@modelcontextprotocol/server-memory@2026.8.31", env: { MEMORY_FILE_PATH: desk/memory.jsonl }, writes: desk }
units:
  notes:
    responses:
      note.new:
        call: memory.create_entities
        with: { entities: [{ name: "=data.name", entityType: note, observations: [] }] }
        claims: ="shelf/" + data.name
  heard: { responses: { word.#: noted } }
`;

const ACQUIRES = `
  files: { absorbs: file.# }
policy: { acquire: { from: [io.github.*/*], allow: contained } }
`;

/** As a client outside would begin a trace. */
function begin() {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

async function collecting(t: { after(fn: () => Promise<void>): void }): Promise<Collector> {
  const collector = await openCollector();
  t.after(() => collector.close());
  return collector;
}

/** Every span hangs on another of its trace, or on the one that the publisher began. */
function assertWhole(spans: readonly Exported[], { traceId, spanId }: { traceId: string; spanId: string }): void {
  const mine = spans.filter((span) => span.traceId === traceId);
  const known = new Set([spanId, ...mine.map((span) => span.spanId)]);
  const lost = mine.filter(({ parentSpanId = '' }) => !known.has(parentSpanId));
  assert.deepEqual(
    lost.map(({ name, parentSpanId }) => ({ name, parentSpanId })),
    [],
  );
}

const named = (spans: readonly Exported[], traceId: string, name: string) =>
  spans.filter((span) => span.traceId === traceId && span.name === name);

describe('telemetry of a fleet', async () => {
  const skip = !(await hasBroker()) && 'no RabbitMQ on this machine';

  it('one trace from the publisher to the outcome, across processes', { skip, timeout: 120_000 }, async (t) => {
    const url = await brokerUrl();
    const collector = await collecting(t);
    const metricsPort = await freePort();
    const up = await startUp(t, {
      config: CONFIG,
      broker: url,
      args: ['--replicas', 'system1-operations=2'],
      env: { ...exportingTo(collector), VSMCP_METRICS_PORT: String(metricsPort) },
      files: { 'desk/.keep': '' },
    });
    const outside = await openOutside(t, url, PATH);
    const at = (path: string) => `http://127.0.0.1:${metricsPort}${path}`;
    await until(async () => (await fetch(at('/ready'))).ok, { timeout: 60_000, what: 'all processes are ready' });
    const traces = new Map(Array.from({ length: NOTES }, (_, i) => [`note-${i}`, begin()]));
    await Promise.all(
      [...traces].map(([id, { traceparent }]) => outside.publish('note.new', id, { name: id }, { traceparent })),
    );
    const answered = () => [...traces.keys()].filter((id) => outside.outcomes.get(id)?.at(-1)?.outcome === 'answered');
    await until(() => answered().length === NOTES, { timeout: 60_000, what: 'all notes are answered' }).catch(
      (error: Error) => assert.fail(`${error.message}: ${JSON.stringify([...outside.outcomes].slice(0, 3))}`),
    );

    const all = (await (await fetch(at('/ready'))).json()) as { services: object };
    assert.deepEqual(Object.keys(all.services).sort(), [
      'consciousness',
      'gateway',
      'system1-operations',
      'system1-operations-2',
      'system2-coordination',
      'system3-control',
      'system4-intelligence',
      'system5-policy',
    ]);
    const metrics = await (await fetch(at('/metrics'), { headers: { accept: 'application/openmetrics-text' } })).text();
    assert.match(metrics, /vsmcp_process_up\{service="system1-operations-2"\} 1/);
    assert.match(
      metrics,
      /vsmcp_messages_total\{[^}]*channel="outcome"[^}]*direction="sent"[^}]*service="system1-operations(-2)?"/,
    );
    assert.match(metrics, /vsmcp_call_seconds_bucket\{.*trace_id="[0-9a-f]{32}"/);
    assert.equal(metrics.match(/# TYPE vsmcp_messages counter/g)?.length, 1);

    // Stopping sends what is left.
    await outside.close();
    assert.equal(await up.stop(), 0);
    const { spans } = collector;
    for (const [id, trace] of traces) {
      const { traceId, spanId } = trace;
      assertWhole(spans, trace);
      const tries = named(spans, traceId, `process ${PATH}.environment`);
      const first = tries.find(({ parentSpanId }) => parentSpanId === spanId);
      assert.equal(first?.attributes['messaging.system'], 'rabbitmq');
      assert.equal(first?.attributes['messaging.operation.type'], 'process');
      assert.equal(first?.attributes['messaging.destination.name'], `${PATH}.environment:note.new:${PATH}.s1.work`);
      assert.equal(first?.attributes['cloudevents.event_id'], id);
      for (const name of ['claim', 'coordinate', 'settle']) {
        assert.ok(named(spans, traceId, name).length > 0, `${id} has no span ${name}`);
      }
      const [call] = named(spans, traceId, 'tools/call create_entities');
      assert.equal(call?.attributes['gen_ai.tool.name'], 'create_entities');
      assert.equal(call?.attributes['mcp.method.name'], 'tools/call');
      const systems = new Set(
        spans.filter((span) => span.traceId === traceId).map((span) => span.resource['service.name']),
      );
      assert.ok(systems.has('vsmcp-s1') && systems.has('vsmcp-s2'), `${id} was seen by ${[...systems].join(', ')}`);
      const [, outcomeTrace, outcomeSpan] = String(outside.headers.get(id)?.traceparent).split('-');
      assert.equal(outcomeTrace, traceId);
      const said = named(spans, traceId, `publish ${PATH}.outcome`);
      assert.ok(said.some((span) => span.spanId === outcomeSpan));
    }
    const handed = [...traces.values()].filter(
      ({ traceId }) =>
        new Set(
          spans
            .filter((s) => s.traceId === traceId && s.resource['service.name'] === 'vsmcp-s1')
            .map((s) => s.resource['service.instance.id']),
        ).size > 1,
    );
    assert.ok(handed.length > 0, 'no event was handed over to the replica that owns the server');
    const begun = new Set([...traces.values()].map(({ traceId }) => traceId));
    const alien = spans.filter(({ traceId, name }) => !begun.has(traceId) && !name.startsWith('acquire'));
    assert.deepEqual(
      alien.map(({ name }) => name),
      [],
      'what nobody asked for starts no trace',
    );
  });

  it('one process has one exporter; what waits is linked to how it got its tool', { timeout: 120_000 }, async (t) => {
    const collector = await collecting(t);
    const up = await startUp(t, { config: CONFIG + ACQUIRES, env: exportingTo(collector) });
    const [heard, waits] = [begin(), begin()];
    const event = { specversion: '1.0', source: '/outside' };
    await up.post('/events', { ...event, id: 'w1', type: 'word.said', data: {}, traceparent: heard.traceparent });
    await up.post('/events', { ...event, id: 'w2', type: 'word.said', data: {} });
    const launch = { id: 'c1', type: 'file.deadline', data: { name: 'launch.deadline', text: '2026-12-24 18:00:00' } };
    await up.post('/events', { ...event, ...launch, traceparent: waits.traceparent });
    const account = async () => (await up.get<{ outcomes: Record<string, number> }>('/account')).outcomes;
    await until(async () => (await account()).noted === 2, { timeout: 30_000, what: 'both words are noted' });
    await until(async () => (await account()).answered === 1, {
      timeout: 90_000,
      what: 'the waiting event is answered',
    });
    assert.equal(await up.stop(), 0);

    const { spans } = collector;
    assertWhole(spans, heard);
    const of = (id: string) => spans.find((span) => span.attributes['cloudevents.event_id'] === id);
    assert.equal(of('w1')?.attributes['messaging.system'], 'memory');
    assert.equal(of('w1')?.resource['service.name'], 'vsmcp');
    // One without a context begins a trace, at whoever let it in.
    const published = spans.find((span) => span.spanId === of('w2')?.parentSpanId);
    assert.ok(published && !published.parentSpanId);
    assert.equal(published.attributes['vsmcp.system'], 'gateway');

    assertWhole(spans, waits);
    const acquire = spans.find((span) => span.name === 'acquire' && span.attributes['vsmcp.type'] === 'file.deadline');
    assert.ok(acquire, 'a gap opens a trace');
    assert.ok(acquire.links?.some(({ traceId }) => traceId === waits.traceId));
    const acquisition = spans.filter(({ traceId }) => traceId === acquire.traceId);
    for (const system of ['s1', 's3', 's4', 's5']) {
      assert.ok(
        acquisition.some(({ attributes }) => attributes['vsmcp.system'] === system),
        `${system} took part`,
      );
    }
    const [answered] = named(spans, waits.traceId, 'answer what waited');
    assert.ok(answered?.links?.some(({ traceId }) => traceId === acquire.traceId));
  });

  it('nothing is exported when it is off', { timeout: 120_000 }, async (t) => {
    const collector = await collecting(t);
    const up = await startUp(t, {
      config: CONFIG,
      env: { ...exportingTo(collector), VSMCP_TELEMETRY_ENABLED: 'false' },
    });
    await up.post('/events', { type: 'word.said', data: {} });
    await until(async () => (await up.get<{ outcomes: { noted?: number } }>('/account')).outcomes.noted === 1, {
      timeout: 30_000,
      what: 'it is noted',
    });
    assert.equal(await up.stop(), 0);
    assert.equal(collector.requests(), 0);
  });
});
