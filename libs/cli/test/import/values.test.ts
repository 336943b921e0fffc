import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSecret, readValue, variableName } from '../../src/import/values.js';

const read = (name: string, text: string) => readValue(name, text, () => 'GIVEN').value;

test('text stays, references and secrets come from the environment', () => {
  assert.equal(read('LEVEL', '3'), '3');
  assert.equal(read('GITHUB_TOKEN', ''), '');
  assert.deepEqual(read('GITHUB_TOKEN', 'abc'), { from: 'GIVEN' });
  assert.deepEqual(read('OTHER', 'ghp_0123456789'), { from: 'GIVEN' });
  assert.deepEqual(read('URL', 'postgres://user:secret@host/db'), { from: 'GIVEN' });
  assert.equal(read('URL', 'postgres://host/db'), 'postgres://host/db');
  assert.deepEqual(read('X', `\${env:MY_KEY}`), { from: 'MY_KEY' });
  assert.deepEqual(read('X', `\${MY_KEY:-none}`), { from: 'MY_KEY' });
  assert.deepEqual(read('X', `\${input:api-key}`), { from: 'API_KEY' });
  assert.deepEqual(read('Authorization', `Bearer \${TOKEN}`), { from: 'GIVEN' });
});

test('what is told of a variable never holds the secret', () => {
  for (const text of ['sk-verysecret', `user:verysecret@\${HOST}`, 'Bearer verysecret']) {
    assert.doesNotMatch(readValue('API_TOKEN', text, () => 'V').variable?.hint ?? '', /verysecret/);
  }
});

test('names that speak of secrets', () => {
  for (const name of [
    'API_KEY',
    'apiKey',
    'GITHUB_PAT',
    'client-secret',
    'password',
    'Authorization',
    'AWS_ACCESS_KEY_ID',
  ]) {
    assert.ok(isSecret(name, 'x'), name);
  }
  for (const name of ['KEYBOARD', 'PATTERN', 'MONKEY', 'LEVEL', 'PATH_TO_FILES']) assert.ok(!isSecret(name, 'x'), name);
  assert.equal(variableName('brave-search', '--api-key'), 'BRAVE_SEARCH_API_KEY');
  assert.equal(variableName('7up'), '_7UP');
});
