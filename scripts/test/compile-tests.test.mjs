import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { compileTests } from '../support/compile-tests.mjs';
import { runFile } from '../support/run-file.mjs';

test('a test runs with its sources in one module, which say where they are, and a failure says its line', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'vsmcp-compile-'));
  t.after(() => rmSync(root, { recursive: true }));
  const put = (path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  put('libs/a/src/place.ts', 'export const place: string = import.meta.url;\n');
  put(
    'libs/a/test/deep/a.test.ts',
    `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { place } from '../../src/place.js';

test('the source is where it is built', () => assert.match(place, /libs\\/a\\/dist\\/place\\.js$/));
test('the test is where it lies', () => assert.match(import.meta.url, /libs\\/a\\/test\\/deep\\/a\\.test\\.ts$/));
test('this one fails', () => assert.equal(1, 2));
`,
  );
  const file = 'libs/a/test/deep/a.test.ts';
  const compiled = (await compileTests(root, [file])).get(file);
  let output = '';
  const print = (text) => {
    output += text;
  };
  const { passed, failed, broken } = await runFile(file, { root, limit: 60_000, print, compiled });
  assert.deepEqual({ passed, failed }, { passed: 2, failed: 1 }, output);
  assert.match(broken[0], /this one fails.*\(test\/deep\/a\.test\.ts:7\)/);
});
