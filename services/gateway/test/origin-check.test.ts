import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpError } from '../src/failure.js';
import { checkOrigin } from '../src/origin-check.js';

const of = (host: string | undefined, reading = true, origin?: string) => ({
  reading,
  host,
  origin,
  site: undefined,
});

test('loopback names and configured names pass, with and without port', () => {
  for (const host of ['localhost', 'LocalHost:4010', '127.0.0.1:4010', '[::1]:4010', 'desk.example']) {
    checkOrigin(of(host), ['desk.example']);
  }
});

test('anything else does not', () => {
  for (const host of [
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'localhost@evil',
    'a b',
    '[::2]',
  ]) {
    assert.throws(() => checkOrigin(of(host), []), HttpError, String(host));
  }
});

test('a changing request may carry only its own origin', () => {
  checkOrigin(of('localhost:4010', false), []);
  checkOrigin(of('localhost:4010', false, 'http://localhost:4010'), []);
  for (const origin of ['http://localhost:4011', 'http://localhost', 'null', 'garbage', 'https://evil.example']) {
    assert.throws(() => checkOrigin(of('localhost:4010', false, origin), []), HttpError, origin);
  }
});
