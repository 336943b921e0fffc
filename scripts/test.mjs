#!/usr/bin/env node
/**
 * `npm test [-- part …]`: sets itself up, runs the test files and ends with the line `N passed, N failed`. A part is a
 * path or a piece of one: `npm test -- libs/vsm`. What could not run is said loudly, and is a failure where CI=true.
 *
 * `--long` runs the long proofs (`*.long.ts`) instead of the tests. `--record` notes in scripts/costs.txt what each
 * file took, by which the order is chosen: for a machine that is quiet.
 *
 * VSMCP_TEST_JOBS: files at the same time (twice the processors). VSMCP_TEST_LIMIT: seconds one file may take (300).
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { nodeTrouble } from './support/node.mjs';

const trouble = nodeTrouble();
if (trouble) {
  process.stderr.write(`${trouble}\n`);
  process.exit(1);
}

const { systemPackages } = await import('./support/packages.mjs');
const { runAll } = await import('./support/run-all.mjs');
const { endAll, runFile } = await import('./support/run-file.mjs');
const { costsText, openSchedule, readCosts } = await import('./support/schedule.mjs');
const { build, install, ROOT } = await import('./support/setup.mjs');
const { testFiles } = await import('./support/suites.mjs');

const COSTS = join(ROOT, 'scripts', 'costs.txt');
const processors = availableParallelism();
const jobs = Number(process.env.VSMCP_TEST_JOBS ?? 0);
const limit = Number(process.env.VSMCP_TEST_LIMIT ?? 300) * 1000;
const ci = process.env.CI === 'true';

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    endAll();
    process.exit(130);
  });
}

const words = process.argv.slice(2);
const long = words.includes('--long');
const record = words.includes('--record');
const parts = words.filter((word) => !word.startsWith('--'));
const files = testFiles(ROOT, parts, long);
if (files.length === 0) {
  process.stderr.write(`no test file has ${parts.join(' or ')} in its path\n`);
  process.exit(64);
}

let missing = [];
let compiled = new Map();
try {
  await install();
  missing = await systemPackages(ROOT);
  await build();
  // not before the dependencies are installed, of which it needs one
  const { compileTests } = await import('./support/compile-tests.mjs');
  compiled = await compileTests(ROOT, files);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exit(1);
}

const costs = readCosts(COSTS);
// long proofs want the machine to themselves, and so does who measures
const schedule = openSchedule(files, costs, { processors, width: jobs || (long || record ? 1 : 2 * processors) });
const results = await runAll(
  schedule,
  (file, print) => runFile(file, { root: ROOT, limit, print, compiled: compiled.get(file), record }),
  (text) => process.stdout.write(text),
);
if (record) {
  for (const { file, cost } of results) costs.set(file, cost);
  const here = new Set([false, true].flatMap((isLong) => testFiles(ROOT, [], isLong)));
  writeFileSync(COSTS, costsText([...costs].filter(([file]) => here.has(file))));
}

const sum = (of) => results.reduce((total, result) => total + of(result), 0);
const notRun = [...missing, ...results.flatMap(({ file, skipped }) => skipped.map((test) => `${file}: ${test}`))];
for (const { file, broken } of results.filter(({ failed }) => failed > 0)) {
  process.stdout.write(`FAILED  ${[file, ...broken].join('\n        ')}\n`);
}
for (const what of notRun) process.stdout.write(`NOT RUN ${what}\n`);
const passed = sum((result) => result.passed);
const failed = sum((result) => result.failed) + (ci ? notRun.length : 0);
// ended only when all is written: what is still on its way into a pipe would be lost
process.stdout.write(`${passed} passed, ${failed} failed\n`, () => process.exit(failed === 0 ? 0 : 1));
