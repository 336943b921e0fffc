import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Candidate, VsmError } from '@vsmcp/vsm';
import { valuesOf } from '../../src/sandbox/values.js';

const spec = { npm: 'time-mcp@1.0.6', args: ['--key', { from: 'KEY' }], env: { TOKEN: { from: 'TOKEN' }, LEVEL: '3' } };

test('what a spec takes from the environment is looked up when the server starts', () => {
  assert.deepEqual(valuesOf(spec, { KEY: 'k', TOKEN: '', OTHER: 'x' }), {
    args: ['--key', 'k'],
    env: { TOKEN: '', LEVEL: '3' },
  });
  assert.throws(
    () => valuesOf(spec, { TOKEN: 't' }),
    (error) => error instanceof VsmError && error.code === 'VSM_CONFIG' && /KEY of the environment/.test(error.message),
  );
});

test('a server of a registry gets nothing from the environment', () => {
  const candidate = { name: 'a/b', description: '', version: '1.0.6', registry: 'r' };
  assert.ok(Candidate.safeParse({ ...candidate, spec: { npm: 'time-mcp@1.0.6', args: ['x'] } }).success);
  assert.ok(!Candidate.safeParse({ ...candidate, spec }).success);
});
