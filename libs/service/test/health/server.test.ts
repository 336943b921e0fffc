import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHealth, openMetrics } from '../../src/index.js';

test('health, readiness with its reasons, and metrics of several services in one process', async () => {
  const metrics = openMetrics();
  const one = metrics.of('s1');
  const events = one.counter('vsmcp_events_total', 'Events', ['outcome']);
  assert.equal(one.counter('vsmcp_events_total', 'Events', ['outcome']), events);
  events.inc({ outcome: 'answered' }, 3);
  metrics.of('s3').counter('vsmcp_events_total', 'Events', ['outcome']).inc({ outcome: 'answered' });
  one.histogram('vsmcp_call_seconds', 'Calls', [], [0.1, 1]).observe(0.5);

  const trouble: Record<string, string> = {};
  const services = () => ({
    s1: { ready: Object.keys(trouble).length === 0, trouble },
    s3: { ready: true, trouble: {} },
  });
  const health = await openHealth({ host: '127.0.0.1', port: 0, services, metrics });
  try {
    assert.equal((await fetch(`${health.url}/ready`)).status, 200);
    trouble.broker = 'it is away';
    const ready = await fetch(`${health.url}/ready`);
    assert.equal(ready.status, 503);
    assert.deepEqual(await ready.json(), { ready: false, services: services() });
    assert.equal((await fetch(`${health.url}/health`)).status, 200);
    const text = await (await fetch(`${health.url}/metrics`)).text();
    assert.match(text, /vsmcp_events_total\{(outcome="answered",system="s1"|system="s1",outcome="answered")\} 3/);
    assert.match(text, /vsmcp_events_total\{[^}]*system="s3"[^}]*\} 1/);
    assert.match(text, /vsmcp_call_seconds_bucket\{[^}]*le="1"[^}]*\} 1/);
    assert.equal(text.match(/# TYPE vsmcp_events_total counter/g)?.length, 1);
    const port = Number(new URL(health.url).port);
    await assert.rejects(openHealth({ host: '127.0.0.1', port, services }), /set VSMCP_METRICS_PORT to a free port/);
  } finally {
    await health.close();
    metrics.close();
  }
});
