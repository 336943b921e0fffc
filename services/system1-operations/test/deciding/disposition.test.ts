import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CloudEvent, Response, VsmError } from '@vsmcp/vsm';
import { dispose, type ServerView } from '../../src/deciding/disposition.js';
import { planOf } from '../../src/deciding/plan.js';

const event: CloudEvent = { specversion: '1.0', id: '1', source: '/t', type: 'file.md', data: { size: 3 } };
const plan = (response: unknown) => planOf(Response.parse(response));
const match = { unit: 'desk', pattern: 'file.md' };
const ready: ServerView = { state: 'ready', offers: (tool) => tool === 'write' };
const view = (servers: Record<string, ServerView>, first = true) => ({
  server: (name: string): ServerView => servers[name] ?? { state: 'down', reason: 'unknown' },
  system: (unit: string) => unit === 'west',
  first: () => first,
});
const call = plan({ call: 'memory.write' });

test('no unit, or a unit without a response: parked as unanswered', () => {
  assert.equal(dispose(event, undefined, undefined, view({})).do, 'park');
  const parked = dispose(event, { unit: 'desk' }, undefined, view({}));
  assert.deepEqual(parked, { do: 'park', cause: 'unanswered', because: 'unit desk has no response for file.md' });
});

test('noted is noted, wanted is parked as wanted', () => {
  assert.deepEqual(dispose(event, match, plan('noted'), view({})), { do: 'note' });
  const wanted = dispose(event, match, plan('wanted'), view({}));
  assert.ok(wanted.do === 'park' && wanted.cause === 'wanted');
});

test('a guard that is false or cannot be judged parks with the reason', () => {
  for (const guard of ['data.size > 5', '=data.size > 5', 'data.nothing']) {
    const guarded = dispose(event, match, plan({ call: 'memory.write', guard }), view({ memory: ready }));
    assert.ok(guarded.do === 'park' && guarded.cause === 'guard', guard);
    assert.match(guarded.because, /data\./);
  }
  const holds = plan({ call: 'memory.write', guard: 'data.size == 3' });
  assert.equal(dispose(event, match, holds, view({ memory: ready })).do, 'call');
});

test('another event of the period stands for it: attenuated, though the server is down', () => {
  assert.deepEqual(dispose(event, match, call, view({}, false)), { do: 'attenuate' });
});

test('the state of the server decides: called, handed over, waited for, parked', () => {
  assert.equal(dispose(event, match, call, view({ memory: ready })).do, 'call');
  const elsewhere = view({ memory: { state: 'elsewhere' } });
  assert.deepEqual(dispose(event, match, call, elsewhere), { do: 'handover', server: 'memory' });
  assert.equal(dispose(event, match, call, view({ memory: { state: 'starting' } })).do, 'wait');
  const down = dispose(event, match, call, view({ memory: { state: 'down', reason: 'exited' } }));
  assert.deepEqual(down, { do: 'park', cause: 'unavailable', because: 'server memory: exited', server: 'memory' });
});

test('a tool that the server does not offer, and a response that does not compile, are parked as unavailable', () => {
  const missing = dispose(event, match, plan({ call: 'memory.nope' }), view({ memory: ready }));
  assert.ok(missing.do === 'park' && missing.cause === 'unavailable' && missing.because.includes('nope'));
  const broken = dispose(event, match, new VsmError('VSM_CONFIG', 'bad'), view({}));
  assert.ok(broken.do === 'park' && broken.cause === 'unavailable');
});

test('of several steps, one that cannot be reached decides; down comes before elsewhere', () => {
  // biome-ignore lint/suspicious/noThenProperty: the word of vsmcp.yaml
  const both = plan({ call: 'memory.write', then: [{ call: 'files.write' }] });
  const elsewhere = view({ memory: ready, files: { state: 'elsewhere' } });
  assert.deepEqual(dispose(event, match, both, elsewhere), { do: 'handover', server: 'files' });
  const down = dispose(event, match, both, view({ memory: { state: 'elsewhere' } }));
  assert.ok(down.do === 'park' && down.because.includes('files'));
});

test('what a system absorbs goes down to it, whatever its servers do', () => {
  assert.deepEqual(dispose(event, { unit: 'west' }, undefined, view({})), { do: 'descend' });
});
