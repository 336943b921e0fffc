import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '@vsmcp/vsm';
import fc from 'fast-check';
import { Lines } from '../src/client/lines.js';
import { sha256 } from '../src/digest.js';
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

test('the hash of a contract stays what rows of earlier versions hold', () => {
  const tools = [
    { name: 'add', title: undefined, description: 'Adds', inputSchema: { type: 'object', required: ['a'] } },
  ];
  assert.equal(
    sha256(canonicalJson({ instructions: undefined, tools })),
    'sha256-e22e31d74edd67d25b76d1714d095b088cdea0e1c5f8f4fc4833efc3476eb037',
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
