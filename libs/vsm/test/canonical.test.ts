import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, sameJson } from '../src/index.js';

test('the canonical text is fixed byte by byte: hashes of earlier versions are made of it', () => {
  const value = { b: [{ z: 1, a: 'ü' }, null], a: { 10: 'ten', 9: 'nine', B: true, b: 1.5e21 }, gone: undefined };
  assert.equal(canonicalJson(value), '{"a":{"9":"nine","10":"ten","B":true,"b":1.5e+21},"b":[{"a":"ü","z":1},null]}');
  assert.equal(canonicalJson(undefined), '');
});

test('property: equal values have one canonical text, whatever the order of their keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse());
      assert.equal(canonicalJson(turned), canonicalJson(value));
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('what is absent is the same as nothing else', () => {
  assert.ok(sameJson({ a: 1, b: undefined }, { a: 1 }));
  assert.ok(sameJson(undefined, undefined));
  assert.ok(!sameJson(undefined, null));
});
