import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../../', import.meta.url);
const rows = readFileSync(new URL('docs/glossary.md', root), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (term|-+) /.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('each term of the glossary stands once, with one place in the code that has its name', () => {
  assert.ok(rows.length > 50);
  const terms = rows.map(([, term]) => term);
  assert.deepEqual(terms, [...new Set(terms)]);
  const wrong = rows.flatMap(([, term, , place = '']) => {
    const [, name = '', file = ''] = /^`(\w+)` in `([\w./-]+\.ts)`$/.exec(place) ?? [];
    const url = new URL(file, root);
    if (file === '' || !existsSync(url)) return [`${term}: no such file: ${place}`];
    return new RegExp(`\\b${name}\\b`).test(readFileSync(url, 'utf8'))
      ? []
      : [`${term}: ${file} does not have ${name}`];
  });
  assert.deepEqual(wrong, [], 'correct docs/glossary.md');
});
