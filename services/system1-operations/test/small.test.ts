import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FleetConfig } from '@vsmcp/service';
import { Capability, grantsOf, Response, Units } from '@vsmcp/vsm';
import { LatestWindows } from '../src/attenuation/latest.js';
import { Silences } from '../src/control/silence.js';
import { fromOutside, operationEvent, operationOf } from '../src/deciding/task.js';
import { desiredServers, headsOf } from '../src/servers/desired.js';
import { FifoMutex } from '../src/servers/fifo-mutex.js';
import { answerText, safeName } from '../src/settling/answers.js';

test('latest: the first of a period stands for the rest; it may come again itself', () => {
  const windows = new LatestWindows();
  assert.ok(windows.first('u', 't', 10, 'e1', 0));
  assert.ok(!windows.first('u', 't', 10, 'e2', 5));
  assert.ok(windows.first('u', 't', 10, 'e1', 9), 'a retry of the one that was called');
  assert.ok(windows.first('u', 'other', 10, 'e3', 5));
  assert.ok(windows.first('u', 't', 10, 'e4', 10));
  windows.forget('u', 't', 'e4');
  assert.ok(windows.first('u', 't', 10, 'e5', 11), 'the opener was done before: it stands for nothing');
});

test('silence: pain once past the limit, pleasure when the event is back', () => {
  const silences = new Silences(Object.entries(Units.parse({ b: { silence: { 'file.ok': '10s' } } })), 0, false);
  assert.deepEqual(silences.types, ['file.ok']);
  assert.deepEqual(silences.seen('file.ok', 5000), []);
  assert.deepEqual(silences.check(14_999), []);
  const [pain] = silences.check(15_000);
  assert.deepEqual(
    { ...pain, what: '' },
    { alert: 'silence:b:file.ok', severity: 'pain', unit: 'b', what: '', since: 5000 },
  );
  assert.deepEqual(silences.check(20_000), []);
  assert.equal(silences.seen('file.ok', 21_000)[0]?.severity, 'pleasure');
  assert.deepEqual(silences.seen('file.ok', 22_000), []);
});

test('silence: who takes over the judging closes what the one before may have raised', () => {
  const silences = new Silences(Object.entries(Units.parse({ b: { silence: { 'file.ok': '10s' } } })), 0, true);
  assert.equal(silences.seen('file.ok', 1)[0]?.severity, 'pleasure');
});

test('turns: one at a time, in order; who is called off never has the turn', async () => {
  const turns = new FifoMutex();
  const off = new AbortController();
  const order: string[] = [];
  const never = new AbortController().signal;
  const end = await turns.take(never);
  const second = turns.take(never).then((done) => {
    order.push('second');
    done();
  });
  const called = turns.take(off.signal).then(() => order.push('called off'));
  const third = turns.take(never).then((done) => {
    order.push('third');
    done();
  });
  off.abort(new Error('off'));
  await assert.rejects(called, /off/);
  end();
  await Promise.all([second, third]);
  assert.deepEqual(order, ['second', 'third']);
  assert.equal(turns.waiting, 0);
});

test('answers: whatever a file is called, its answer stays in its folder', () => {
  assert.equal(safeName('note-1.md'), 'note-1.md');
  assert.equal(safeName('../../etc/passwd'), 'passwd');
  assert.equal(safeName('..\\..\\x'), 'x');
  assert.equal(safeName('...'), undefined);
  assert.equal(safeName('.hidden'), 'hidden');
  assert.equal(safeName('a\0b\nc'), 'a-b-c');
});

test('answers: a tool’s text is shown without what would show something else', () => {
  const text = answerText({
    event: { source: '/a', id: '1', type: 'file.md' },
    unit: 'desk',
    outcome: 'answered',
    tool: 'calc.cron',
    result: { content: [{ type: 'text', text: 'ok\u202e\u001b[31m' }] },
    instance: 'x',
  });
  assert.equal(text, '_answered by calc.cron_\n\nok[31m\n');
});

test('operations: their tool rides along inside the fleet, and nobody outside can set it', () => {
  const event = operationEvent({
    operation: 'o1',
    type: 'op.x',
    tool: 'a.b',
    params: { n: 1 },
    by: 'me',
    time: '2026-01-01T00:00:00Z',
  });
  const plan = operationOf(event);
  assert.equal(plan?.steps[0]?.server, 'a');
  assert.deepEqual(plan?.steps[0]?.args({ data: null, event: {}, results: [] }), { n: 1 });
  assert.equal(operationOf(fromOutside(event)), undefined);
});

test('servers used in one response have one head; the others stand alone', () => {
  // biome-ignore lint/suspicious/noThenProperty: the word of vsmcp.yaml
  const response = Response.parse({ call: 'b.x', then: [{ call: 'c.y' }, { call: 'shared.z' }] });
  const heads = headsOf(new Set(['a', 'b', 'c']), [response, 'noted']);
  assert.deepEqual(Object.fromEntries(heads), { a: 'a', b: 'b', c: 'b' });
});

const row = (more: object) =>
  Capability.parse({
    server: 'time',
    origin: 'acquired',
    version: '1.0.6',
    spec: { npm: 'time-mcp@1.0.6' },
    state: 'wanted',
    ...more,
  });

test('desired: rows add to the configuration, bars and removals are heeded', () => {
  const config = FleetConfig.parse({ servers: { memory: { npm: 'm@1.0.0', writes: 'desk' } } });
  const tools = [{ name: 't', inputSchema: {}, annotations: { readOnlyHint: true } }];
  const memory = desiredServers(config, []).get('memory');
  assert.deepEqual(memory && grantsOf(memory.spec).writes, ['desk']);
  assert.equal(desiredServers(config, [row({})]).get('time')?.shared, false, 'its tools are not known yet');
  assert.equal(desiredServers(config, [row({ tools })]).get('time')?.shared, true);
  assert.equal(desiredServers(config, [row({ state: 'suspended', reason: 'x' })]).get('time')?.barred, 'x');
  assert.equal(desiredServers(config, [row({ state: 'removed' })]).has('time'), false);
  assert.throws(() => desiredServers(FleetConfig.parse({ servers: { m: { npm: 'm@latest' } } }), []), /package@exact/);
});
