import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '../../src/acquisitions/fingerprint.js';

test('a fingerprint does not depend on the order of keys, and stays what journals of earlier versions hold', () => {
  const fixed = '1c677e0d1dad26fa9d0290db4b6a01cab42054315b576ed4a395430667457d5c';
  const list = [{ z: 1, a: 'ü\u2028' }, null];
  const map = { 10: 'ten', 9: 'nine', B: true, b: 1.5e21 };
  assert.equal(fingerprint({ b: list, a: map, gone: undefined }), fixed);
  assert.equal(fingerprint({ a: map, b: [{ a: 'ü\u2028', z: 1 }, null] }), fixed);
});
