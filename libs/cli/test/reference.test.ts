import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { knownVariables } from '@vsmcp/service';
import { referencePages } from '../scripts/reference.js';
import { ROOT } from './vsmcp.js';

for (const [name, text] of Object.entries(referencePages())) {
  test(`docs/reference/${name} says what the program goes by`, async () => {
    const there = await readFile(join(ROOT, 'docs/reference', name), 'utf8').catch(() => '');
    assert.equal(there, text, 'run: npm run reference');
  });
}

test('the reference of settings has every variable, and none that is not read', async () => {
  const page = await readFile(join(ROOT, 'docs/reference/settings.md'), 'utf8');
  const told = [...page.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name).sort();
  assert.deepEqual(told, knownVariables().sort());
});
