import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKey } from '@vsmcp/vsm';
import fc from 'fast-check';
import { demandType, fitting } from '../../src/mcp/wish.js';

test('a wish has an event type of its key words, at most four, whatever was wished', () => {
  assert.equal(demandType('Please find me a tool to parse a cron expression'), 'demand.parse.cron.expression');
  assert.equal(demandType('parse cron expressions'), 'demand.parse.cron.expressions');
  assert.match(demandType('日付を解析する'), /^demand\.[0-9a-f]{12}$/);
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 500, unit: 'grapheme' }), (wish) => {
      const type = demandType(wish);
      assert.ok(isKey(type) && type.split('.').length <= 5, type);
      assert.equal(demandType(wish), type);
    }),
  );
});

test('a tool fits that knows most of the wish’s words; the others come after, and strangers not at all', () => {
  const tools = ['cron_parse: Parse a cron expression', 'url_parse: Parse a URL', 'color: Convert colors'];
  const of = (wish: string) => fitting(wish, tools, (text) => text).map(({ item, fits }) => [item.split(':')[0], fits]);
  assert.deepEqual(of('I need to parse cron expressions'), [
    ['cron_parse', true],
    ['url_parse', false],
  ]);
  assert.deepEqual(of('send an e-mail'), []);
});
