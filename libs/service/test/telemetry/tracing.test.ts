import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { NodeSDK, tracing } from '@opentelemetry/sdk-node';
import { DONE } from '@vsmcp/nervous-system';
import { arrive, CLOUDEVENTS_JSON, Gap, Load, Outcome, QUEUES, queueName } from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../../test/support/fleet.js';
import { currentTrace, inEventSpan, inSpan, on, type Service, traceOfEvent } from '../../src/index.js';

const exporter = new tracing.InMemorySpanExporter();
const sdk = new NodeSDK({
  spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
  metricReaders: [],
  logRecordProcessors: [],
});
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PUBLISHED = `00-${TRACE}-b7ad6b7169203331-01`;

const load = {
  instance: 'x',
  from: 0,
  to: 1,
  received: 1,
  duplicates: 0,
  retried: 0,
  running: 0,
  capacity: 1,
  outcomes: {},
  units: {},
  types: {},
  others: { types: 0, outcomes: {} },
  tools: {},
};

/** Answers what it hears, the second time it hears it. */
const worker: Service = {
  system: 's1',
  async start(context) {
    let tries = 0;
    const { bus, config, ids, clock, instance } = context;
    const work = { queue: { name: 's1.work', durable: QUEUES['s1.work'] }, prefetch: 1 };
    const consumer = await bus.subscribe(work, async (delivery) => {
      const [one] = arrive({ ...delivery, messageId: delivery.id }, { maxBytes: 1000, now: clock.now(), newId: ids });
      assert.ok(one?.ok);
      return inEventSpan(context, one.event, delivery, queueName(config.path, 's1.work'), async (event) => {
        if (tries++ % 2 === 0) return { result: 'later', delay: '1s', counted: true };
        const record = { event, unit: 'u', outcome: 'noted' as const, instance };
        await context.say(Outcome, `noted.${event.type}`, record, { trace: traceOfEvent(event) });
        await context.say(Load, `s1.${instance}.load`, load);
        return DONE;
      });
    });
    return () => consumer.stop();
  },
};

const heard: { kind: string; trace: unknown; here: unknown }[] = [];
const listener: Service = {
  system: 's3',
  async start(context) {
    const consumer = await context.hear('s3.report', [
      on(Load, async (_, { trace }) => {
        heard.push({ kind: 'load', trace, here: currentTrace() });
      }),
    ]);
    return () => consumer.stop();
  },
};

describe('one trace through the fleet', () => {
  let fleet: Fleet;
  before(async () => {
    sdk.start();
    fleet = await openFleet({ services: [listener, worker], heartbeat: 20 });
  });
  afterEach(() => {
    exporter.reset();
    heard.length = 0;
  });
  after(async () => {
    await fleet.stop();
    await sdk.shutdown();
  });

  const spans = () => exporter.getFinishedSpans();
  const named = (name: string) => spans().filter((span) => span.name === name);
  const publish = (headers: Record<string, string>, event: object = {}) =>
    fleet.broker.connect({ path: 'vsm', party: 'world', instance: 'w', log: fleet.gateway.log }).publish({
      channel: 'environment',
      key: 'a.b',
      contentType: CLOUDEVENTS_JSON,
      headers,
      content: Buffer.from(JSON.stringify({ specversion: '1.0', id: 'i', source: '/t', type: 'a.b', ...event })),
    });
  const done = () => fleet.until(() => named('process vsm.report').length > 0, { what: 'the load is heard' });

  test('from the message’s header, through a retry, to what is said and whoever hears it', async () => {
    await publish({ traceparent: PUBLISHED });
    await done();
    assert.deepEqual(
      [...new Set(spans().map((span) => span.spanContext().traceId))],
      [TRACE],
      'and nothing else has a trace',
    );
    const [first, second] = named('process vsm.environment');
    const [report] = named('publish vsm.report');
    const [hearing] = named('process vsm.report');
    assert.equal(first?.parentSpanContext?.spanId, 'b7ad6b7169203331');
    assert.equal(second?.parentSpanContext?.spanId, first?.spanContext().spanId, 'a retry follows from the try before');
    assert.equal(second?.attributes['vsmcp.attempts'], 1);
    assert.equal(named('publish vsm.outcome')[0]?.parentSpanContext?.spanId, second?.spanContext().spanId);
    assert.equal(report?.parentSpanContext?.spanId, second?.spanContext().spanId);
    assert.equal(hearing?.parentSpanContext?.spanId, report?.spanContext().spanId);
    assert.deepEqual(heard[0]?.here, { traceparent: `00-${TRACE}-${hearing?.spanContext().spanId}-01` });
  });

  test('an event’s own context is enough; beside another of its message it is a link', async () => {
    await publish({}, { traceparent: PUBLISHED });
    await done();
    assert.equal(named('process vsm.environment')[0]?.parentSpanContext?.spanId, 'b7ad6b7169203331');
    exporter.reset();
    const hop = 'c'.repeat(32);
    await publish({ traceparent: `00-${hop}-b7ad6b7169203331-01` }, { id: 'j', traceparent: PUBLISHED });
    await done();
    const [first] = named('process vsm.environment');
    assert.equal(first?.spanContext().traceId, hop);
    assert.deepEqual(
      first?.links.map(({ context }) => context.traceId),
      [TRACE],
    );
    // Messages about the event go to whoever follows it.
    assert.equal(named('publish vsm.outcome')[0]?.spanContext().traceId, TRACE);
  });

  test('an event without a context, or with a broken one, begins a trace', async () => {
    await publish({ traceparent: 'nonsense' });
    await done();
    const [first, second] = named('process vsm.environment');
    assert.equal(first?.parentSpanContext, undefined);
    assert.equal(second?.parentSpanContext?.spanId, first?.spanContext().spanId);
  });

  test('what follows from one trace and happens in another is of the first, with a link', async () => {
    const s4 = { system: 's4', instance: 'x' };
    const context = fleet.context(worker);
    await inSpan(s4, 'other', { begins: true }, () =>
      context.say(
        Outcome,
        'noted.a',
        { event: { source: 's', id: 'i', type: 'a' }, unit: '', outcome: 'noted', instance: 'x' },
        {
          trace: { traceparent: PUBLISHED },
        },
      ),
    );
    const [said] = named('publish vsm.outcome');
    const [other] = named('other');
    assert.equal(said?.spanContext().traceId, TRACE);
    assert.equal(said?.links[0]?.context.spanId, other?.spanContext().spanId);
  });

  test('what fails is marked with its code', async () => {
    const s1 = fleet.context(worker);
    const work = inSpan(s1, 'work', { begins: true }, () => s1.say(Gap, 's4.gap', { types: [], events: 0 }));
    await assert.rejects(work, { code: 'VSM_CHANNEL' });
    assert.equal(named('work')[0]?.attributes['error.type'], 'VSM_CHANNEL');
    assert.equal(named('work')[0]?.attributes['vsmcp.system'], 's1');
  });
});
