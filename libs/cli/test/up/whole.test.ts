import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { expose, openHealth, openMetrics, type Readiness } from '@vsmcp/service';
import { Whole } from '../../src/up/whole.js';

const FINE: Readiness = { ready: true, trouble: {} };

/** The pages that a process of its own serves. */
async function processOf(system: string, readiness: () => Readiness) {
  const metrics = openMetrics();
  metrics.of(system).counter('vsmcp_messages_total', 'Messages', ['channel']).inc({ channel: 'query' }, 2);
  const health = await openHealth({
    host: '127.0.0.1',
    port: 0,
    metrics,
    services: () => ({ [system]: readiness() }),
  });
  return {
    url: health.url,
    async close() {
      await health.close();
      metrics.close();
    },
  };
}

test('several processes are one: the worst is told with its reasons, metrics by process', async (t) => {
  const own = openMetrics();
  let s1: Readiness = FINE;
  const [one, two] = await Promise.all([processOf('s1', () => s1), processOf('s3', () => FINE)]);
  t.after(async () => {
    await Promise.all([one.close(), two.close()]);
    own.close();
  });
  const whole = new Whole(own);
  whole.answersAt('system1-operations', undefined);
  whole.answersAt('system3-control', two.url);
  assert.deepEqual(await whole.services(), {
    'system1-operations': { ready: false, trouble: { process: 'it does not run' } },
    'system3-control': FINE,
  });
  whole.answersAt('system1-operations', one.url);
  s1 = { ready: false, trouble: { broker: 'it is away' } };
  assert.deepEqual((await whole.services())['system1-operations'], s1);

  const text = expose(await whole.families());
  assert.match(text, /vsmcp_messages_total\{channel="query",system="s1",service="system1-operations"\} 2/);
  assert.match(text, /vsmcp_messages_total\{channel="query",system="s3",service="system3-control"\} 2/);
  assert.match(text, /process_resident_memory_bytes\{service="supervisor"\} \d+/);
  assert.equal(text.match(/# TYPE vsmcp_messages_total counter/g)?.length, 1);
});

test('one that has gone, or answers nonsense, hides none of the others', async (t) => {
  const own = openMetrics();
  const gone = await processOf('s1', () => FINE);
  await gone.close();
  const nonsense = createServer((_, response) => response.end('moo'));
  await new Promise<void>((resolve) => nonsense.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    nonsense.close();
    own.close();
  });
  const address = nonsense.address();
  const whole = new Whole(own);
  whole.answersAt('a', gone.url);
  whole.answersAt('b', `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  const services = await whole.services();
  assert.match(services.a?.trouble.process ?? '', /^it does not answer/);
  assert.match(services.b?.trouble.process ?? '', /^it does not answer/);
  const text = expose(await whole.families());
  assert.match(text, /vsmcp_process_up\{service="a"\} 0\nvsmcp_process_up\{service="b"\} 0/);
  assert.match(text, /nodejs_heap_size_used_bytes\{service="supervisor"\}/);
});
