import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../src/canonical.js';
import { Lines } from '../src/client/lines.js';
import { cleanText } from '../src/index.js';

test('nothing that moves the cursor or hides is left in clean text', () => {
  assert.equal(cleanText('\x1b[2J\x1b]0;title\x07red\x1b[0m\r\n\tok\x00\x9b'), 'red\n\tok');
  assert.equal(cleanText('pay\u200b\u202e\u{e0041}\u{fe0f}\u2028\u3164load'), 'payload');
  assert.equal(cleanText('Grüße, 世界 😀'), 'Grüße, 世界 😀');
  assert.equal(cleanText('abcdef', 4), 'abc…');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const clean = cleanText(text);
      assert.equal(cleanText(clean), clean);
      assert.doesNotMatch(clean, /(?![\n\t])\p{C}(?<!\p{Cn})/u);
    }),
  );
});

test('equal values have one canonical text, whatever the order of their keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse());
      assert.equal(canonical(turned), canonical(value));
    }),
  );
});

test('lines are the same however the bytes arrive', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.integer({ min: 1, max: 7 }), (texts, size) => {
      const wanted = texts.map((text) => text.replaceAll('\n', ' '));
      const bytes = Buffer.from(wanted.map((line) => `${line}\n`).join(''));
      const lines = new Lines();
      const found: string[] = [];
      for (let at = 0; at < bytes.length; at += size) found.push(...lines.push(bytes.subarray(at, at + size)));
      assert.deepEqual(found, wanted);
      assert.equal(lines.pending.bytes, 0);
    }),
  );
});
