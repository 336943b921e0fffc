import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { insertServers } from '../../src/import/insert.js';

const ADDED = { servers: { new: { npm: 'time-mcp@1.0.6', args: ['a: b'] } }, left: [] };

test('servers go behind those that are there; every other byte stays', () => {
  const text = `# mine
name:   desk     # aligned
servers:         # known
    memory:
        npm: "x@1.0.0"   # pinned
        writes: desk

# who answers
units: {}
`;
  const result = insertServers(text, ADDED);
  assert.equal(
    result,
    text.replace(
      '        writes: desk\n',
      '        writes: desk\n    new:\n      npm: time-mcp@1.0.6\n      args:\n        - "a: b"\n',
    ),
  );
});

test('a file without servers, with an empty place for them, or without anything', () => {
  const servers = ADDED.servers;
  for (const text of [
    '',
    '# only a comment\n',
    'name: x',
    'name: x\nservers:\n',
    'name: x\nservers: {}\nunits: {}\n',
  ]) {
    const result = insertServers(text, ADDED);
    const { servers: found, ...rest } = parse(result) as { servers: object };
    assert.deepEqual(found, servers, result);
    assert.deepEqual(
      rest,
      text.startsWith('name') ? { name: 'x', ...(text.includes('units') && { units: {} }) } : {},
      result,
    );
  }
  const flow = insertServers('servers: { a: { npm: "x@1.0.0" } } # one\nname: x # two\n', ADDED);
  assert.deepEqual(parse(flow), { name: 'x', servers: { a: { npm: 'x@1.0.0' }, ...servers } });
  assert.match(flow, /name: x # two/);
});

test('what cannot be run is kept as a comment, as an outline without values', () => {
  const written = {
    command: 'docker',
    args: ['run', '--token', 'abc123', '-e', 'X'],
    env: { API_KEY: 'verysecret', OTHER: `\${input:key}`, LEVEL: '1' },
  };
  const text = insertServers('name: x\n', {
    servers: {},
    left: [{ name: 'gh', because: 'it is\na container', written }],
  });
  assert.match(text, /^# gh: not supported, because it is a container$/m);
  assert.match(text, /^# {3}command: docker$/m);
  assert.match(text, /^# {5}- LEVEL$/m);
  assert.doesNotMatch(text, /verysecret|abc123|input:key/);
  assert.deepEqual(parse(text), { name: 'x' });
});

test('whatever the servers are called and given, what is added is what is read', () => {
  const value = fc.record(
    {
      npm: fc.string(),
      args: fc.array(fc.string()),
      env: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
    },
    { noNullPrototype: true },
  );
  const names = fc.string({ unit: fc.constantFrom(...'abcxyz019_-'), minLength: 1 }).filter((n) => n !== 'memory');
  const left = fc.array(fc.record({ name: fc.string(), because: fc.string(), written: fc.jsonValue() }), {
    maxLength: 3,
  });
  const base = 'name: x\nservers:\n  memory: { npm: "m@1.0.0" } # kept\nunits: {}\n';
  fc.assert(
    fc.property(fc.dictionary(names, value, { minKeys: 1, noNullPrototype: true }), left, (servers, kept) => {
      const text = insertServers(base, { servers, left: kept });
      assert.deepEqual(parse(text), { name: 'x', servers: { memory: { npm: 'm@1.0.0' }, ...servers }, units: {} });
      assert.ok(text.includes('memory: { npm: "m@1.0.0" } # kept'));
    }),
    { numRuns: 200 },
  );
});
