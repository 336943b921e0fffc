#!/usr/bin/env node
/**
 * `npm test [-- part …]`: sets itself up, runs the test files and ends with the line `N passed, N failed`. A part is a path
 * or a piece of one: `npm test -- libs/vsm`. `--long` runs the long proofs (`*.long.ts`) instead of the tests. What could not run is said loudly, and is a failure where CI=true.
 *
 * VSMCP_TEST_JOBS: files at the same time (2). VSMCP_TEST_LIMIT: seconds one file may take (300).
 */
import { nodeTrouble } from './support/node.mjs';

const trouble = nodeTrouble();
if (trouble) {
  process.stderr.write(`${trouble}\n`);
  process.exit(1);
}

const { systemPackages } = await import('./support/packages.mjs');
const { endAll, runFile } = await import('./support/run-file.mjs');
const { build, install, ROOT } = await import('./support/setup.mjs');
const { testFiles } = await import('./support/suites.mjs');

const jobs = Number(process.env.VSMCP_TEST_JOBS ?? 2);
const limit = Number(process.env.VSMCP_TEST_LIMIT ?? 300) * 1000;
const ci = process.env.CI === 'true';

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    endAll();
    process.exit(130);
  });
}

let missing = [];
try {
  await install();
  missing = await systemPackages(ROOT);
  await build();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exit(1);
}

const long = process.argv.includes('--long');
const parts = process.argv.slice(2).filter((part) => part !== '--long');
const files = testFiles(ROOT, parts, long);
if (files.length === 0) {
  process.stderr.write(`no test file has ${parts.join(' or ')} in its path\n`);
  process.exit(64);
}
// long proofs want the machine to themselves
const results = await runAll(files, long ? 1 : jobs);

const sum = (of) => results.reduce((total, result) => total + of(result), 0);
const notRun = [...missing, ...results.flatMap(({ file, skipped }) => skipped.map((test) => `${file}: ${test}`))];
for (const { file, broken } of results.filter(({ failed }) => failed > 0)) {
  process.stdout.write(`FAILED  ${[file, ...broken].join('\n        ')}\n`);
}
for (const what of notRun) process.stdout.write(`NOT RUN ${what}\n`);
const passed = sum((result) => result.passed);
const failed = sum((result) => result.failed) + (ci ? notRun.length : 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

/** Runs files, `width` at a time. One file's output is shown as it comes, that of the others when their turn is there. */
async function runAll(files, width) {
  const results = [];
  const shown = files.map(() => ({ text: '', done: false }));
  let next = 0;
  let front = 0;
  const show = (index, text) => {
    if (index === front) process.stdout.write(text);
    else shown[index].text += text;
  };
  const advance = () => {
    while (shown[front]?.done) {
      front += 1;
      if (shown[front]) process.stdout.write(shown[front].text);
    }
  };
  const worker = async () => {
    while (next < files.length) {
      const index = next++;
      show(index, `\n── ${files[index]}\n`);
      results.push(await runFile(files[index], { root: ROOT, limit, print: (text) => show(index, text) }));
      shown[index].done = true;
      advance();
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
