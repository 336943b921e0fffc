import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exposedName, MOST_NAME } from '../../src/mcp/names.js';

const server = fc.stringMatching(/^[a-z0-9_-]{1,64}$/);
const tool = fc.stringMatching(/^[\w./ :@-]{1,128}$/);

test('an exposed name is short, plain, and belongs to one tool alone', () => {
  const few = fc.oneof(fc.constantFrom('a', 'a_', 'a__b', 'b', '_b', 'b__c', 'c', '__'), tool);
  const pairs = fc.uniqueArray(fc.tuple(fc.oneof(few, server), few), { selector: JSON.stringify, maxLength: 40 });
  fc.assert(
    fc.property(pairs, (all) => {
      const names = all.map(([s, t]) => exposedName(s, t));
      for (const name of names) assert.match(name, new RegExp(`^[a-zA-Z0-9_-]{1,${MOST_NAME}}$`));
      assert.equal(new Set(names).size, names.length);
    }),
  );
});

test('it is readable, and what is long or ambiguous ends in a hash', () => {
  assert.equal(exposedName('calc', 'cron_parse'), 'calc__cron_parse');
  assert.match(exposedName('files', 'read.file v2'), /^files__read_file_v2_[0-9a-f]{10}$/);
  assert.match(exposedName('x'.repeat(64), 'tool'), /^x{41}_[0-9a-f]{10}$/);
  // a tool that is named like another's hashed name gets a hash of its own
  const hashed = exposedName('a', 'b c');
  assert.notEqual(exposedName('a', hashed.slice('a__'.length)), hashed);
});
