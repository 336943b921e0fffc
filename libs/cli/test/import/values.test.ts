import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSecret } from '../../src/import/secrets.js';
import { readValue, unknownIn, variableName, withPlaces } from '../../src/import/values.js';

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

/** Forms in which clients' files have been seen to hold a secret, each with the name under which it stands. */
const SECRETS: [name: string, value: string][] = [
  ['--header', 'X-Custom: abc'],
  ['-H', 'Authorization: Bearer abc'],
  ['argument', 'NAME_TOKEN=abc'],
  ['argument', 'Server=db;User=sa;Password=abc'],
  ['argument', '{"apiKey": "abc"}'],
  ['argument', 'https://user:abc@example.org/'],
  ['argument', 'https://x-token@example.org/'],
  ['argument', 'Basic dXNlcjphYmM='],
  ['CONFIG', 'xoxb-1-2-abc'],
  ['CONFIG', 'a4f9c2e81b7d4d0f9e6a3c5b'],
  ['CONFIG', 'Zk3vQ9xT7bLm2RwY8pNd'],
  ['CONFIG', '-----BEGIN PRIVATE KEY-----'],
];

test('a secret is seen in whatever form it stands', () => {
  for (const [name, value] of SECRETS) assert.ok(isSecret(name, value), `${name} ${value}`);
});

test('ordinary values are no secrets', () => {
  for (const [name, value] of [
    ['argument', '/home/me/projects/my-notes-2026'],
    ['argument', '@modelcontextprotocol/server-filesystem'],
    ['REGION', 'eu-central-1'],
    ['URL', 'https://api.example.org/v2/items?page=3'],
    ['VERSION', '2026.8.31-beta.1'],
    ['NAME', 'internationalization-of-everything'],
    ['USE_TOKENS', 'true'],
  ] as const)
    assert.ok(!isSecret(name, value), `${name} ${value}`);
});

test('references of all clients come from the environment', () => {
  for (const text of [`\${env:MY}`, `\${MY}`, '{env:MY}', '%MY%', '$MY', '$env:MY'])
    assert.deepEqual(read('X', text), { from: 'MY' }, text);
});

test("a client's places are filled in, and what only it knows is found", () => {
  const places = { workspace: '/work/desk', home: '/home/me' };
  assert.equal(withPlaces('~/notes', places), '/home/me/notes');
  assert.equal(withPlaces('--root=~/notes', places), '--root=/home/me/notes');
  assert.equal(withPlaces(`\${workspaceFolder}\${/}\${workspaceFolderBasename}`, places), '/work/desk/desk');
  assert.equal(withPlaces('%USERPROFILE%/x', places), '/home/me/x');
  assert.equal(unknownIn(`\${command:pick.folder}`), `\${command:pick.folder}`);
  assert.equal(unknownIn('$(cat key)'), '$(cat key)');
  assert.equal(unknownIn(`\${input:key}`), undefined);
  assert.equal(unknownIn(`\${env:KEY}`), undefined);
});

test('the usual value of a reference is not told where it may be a secret', () => {
  const { variable } = readValue('API_TOKEN', `\${API_TOKEN:-verysecret}`, () => 'V');
  assert.doesNotMatch(variable?.hint ?? '', /verysecret/);
});
