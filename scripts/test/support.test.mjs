import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { nodeTrouble } from '../support/node.mjs';
import { runFile } from '../support/run-file.mjs';
import { ROOT } from '../support/setup.mjs';
import { readTap, testFiles } from '../support/suites.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vsmcp-scripts-'));
after(() => rmSync(folder, { recursive: true }));

function file(path, text = '') {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  return whole;
}

test('an old Node.js is told to be one, and how to mend it', () => {
  assert.match(nodeTrouble('18.19.1'), /needs Node.js 20.19 or newer; this is 18.19.1/);
  assert.match(nodeTrouble('20.18.3'), /20.19/);
  assert.equal(nodeTrouble('20.19.0'), undefined);
  assert.equal(nodeTrouble('24.1.0'), undefined);
});

test('test files are found, packages before the fleet, and a part selects by path', () => {
  for (const path of [
    'libs/a/test/x.test.ts',
    'libs/a/test/support.ts',
    'services/b/test/deep/y.test.ts',
    'test/faults/k.test.ts',
    'test/fleet/a.test.ts',
    'test/fleet/sample.test.ts',
  ])
    file(path);
  assert.deepEqual(testFiles(folder, []), [
    'libs/a/test/x.test.ts',
    'services/b/test/deep/y.test.ts',
    'test/fleet/a.test.ts',
    'test/fleet/sample.test.ts',
    'test/faults/k.test.ts',
  ]);
  assert.deepEqual(testFiles(folder, ['./services/b']), ['services/b/test/deep/y.test.ts']);
});

test('a report is counted; a file that reports nothing has failed', () => {
  const tap =
    'ok 1 - a\nok 2 - b # SKIP no broker here\nnot ok 3 - c\n# tests 3\n# pass 1\n# fail 1\n# cancelled 0\n# skipped 1\n';
  assert.deepEqual(readTap(tap, 1), { passed: 1, failed: 1, broken: ['c'], skipped: ['b: no broker here'] });
  const block =
    "  ---\n  error: |-\n    one\n    two\n  code: 'X'\n  stack: |-\n    it (/home/a/test/b.test.ts:7:1)\n  ...";
  assert.deepEqual(readTap(`not ok 1 - d\n${block}\n# pass 0\n# fail 1\n`, 1).broken, [
    'd: one two (test/b.test.ts:7)',
  ]);
  for (const code of [0, 1]) assert.deepEqual(readTap('', code), { passed: 0, failed: 1, broken: [], skipped: [] });
});

const run = async (path, limit) => {
  let output = '';
  const result = await runFile(path, { root: ROOT, limit, print: (text) => (output += text) });
  return { ...result, output };
};

test('a test file runs and is counted', async () => {
  const path = file(
    'good.test.mjs',
    "import { test } from 'node:test';\ntest('fine', () => {});\ntest('not here', { skip: 'no moon' }, () => {});\ntest('bad', () => { throw new Error('the reason'); });\n",
  );
  const { passed, failed, skipped, output } = await run(path, 60_000);
  assert.deepEqual({ passed, failed, skipped }, { passed: 1, failed: 1, skipped: ['not here: no moon'] });
  assert.match(output, /the reason/);
  const early = file('early.test.mjs', "import { test } from 'node:test';\ntest('fine', () => process.exit(0));\n");
  assert.equal((await run(early, 60_000)).failed, 1);
});

function alive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    assert.equal(error.code, 'ESRCH');
    return false;
  }
}

test('a test file that hangs is killed with all that it started', async () => {
  const path = file(
    'hangs.test.mjs',
    `import { spawn } from 'node:child_process';
import { test } from 'node:test';
test('hangs', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
  console.log('grandchild ' + child.pid);
  await new Promise((resolve) => setInterval(() => {}, 1000));
});
`,
  );
  const { failed, output } = await run(path, 3000);
  assert.equal(failed, 1);
  const pid = Number(/grandchild (\d+)/.exec(output)?.[1]);
  assert.ok(pid > 0, output);
  while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 20)); // its death may wait to be noticed
});
