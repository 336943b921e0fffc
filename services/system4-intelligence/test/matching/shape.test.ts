import assert from 'node:assert/strict';
import { test } from 'node:test';
import { terms } from '@vsmcp/vsm';
import fc from 'fast-check';
import { datePattern, example, fitsHint } from '../../src/matching/hints.js';
import { shapeOf } from '../../src/matching/shape.js';

test('values are known by their form', () => {
  const known: Record<string, string> = {
    '2026-12-21 18:00:00': 'date-time',
    '2026-12-21T18:00:00Z': 'date-time',
    '2026-12-21': 'date',
    '18:30': 'time',
    '3 9 * * 1-5': 'cron',
    '*/5 * * * *': 'cron',
    'https://example.com/x': 'url',
    'a@b.example': 'email',
    '10.0.0.1/8': 'ip',
    'fe80::1': 'ip',
    '123e4567-e89b-12d3-a456-426614174000': 'uuid',
    '1.2.3-rc.1': 'semver',
    '#ff8800': 'color',
    '-4.5e3': 'number',
    '(1+2)*3': 'formula',
    '8f59dc3a1da14bb8776195c9dfbe8033a47b9e9a': 'hash',
    '{"a":[1]}': 'json',
    '<p>x</p>': 'xml',
    '/home/me/front': 'path',
    'inbox/x.md': 'path',
    hello: 'word',
    'one two three four five': 'text',
    'Standup is at nine, as always.': 'text',
    '': 'text',
  };
  for (const [value, name] of Object.entries(known)) assert.equal(shapeOf(value).name, name, value);
});

test('every text has a shape and terms, quickly', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
      assert.ok(shapeOf(text).name);
      for (const term of terms(text)) assert.equal(term, term.toLowerCase());
    }),
  );
  assert.equal(shapeOf(`${'a'.repeat(60_000)}!`).name, 'text');
});

test('words are alike however they are written', () => {
  assert.deepEqual(terms('cronParse'), terms('cron_parse'));
  assert.deepEqual(terms('dates'), terms('date'));
  assert.deepEqual(terms('the MCP server'), []);
  assert.deepEqual(terms('js'), terms('JavaScript'));
});

test('formats and examples in a description are read', () => {
  assert.ok(datePattern('Format: YYYY-MM-DD HH:mm:ss')?.test('2026-12-21 18:00:00'));
  assert.ok(!datePattern('Format: YYYY-MM-DD HH:mm:ss.SSS')?.test('2026-12-21 18:00:00'));
  assert.equal(datePattern('The MM of it'), undefined);
  assert.equal(example('Time, e.g. 2025-03-23 12:30:00'), '2025-03-23 12:30:00');
  const day = shapeOf('2026-12-21');
  assert.equal(fitsHint('', 'date', ['2026-12-21'], day), 1);
  assert.equal(fitsHint('', 'email', ['2026-12-21'], day), -1);
  assert.equal(fitsHint('e.g. 10.0.0.1', undefined, ['2026-12-21'], day), -1);
  assert.equal(fitsHint('some day', undefined, ['2026-12-21'], day), 0);
});
