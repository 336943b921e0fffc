#!/usr/bin/env node
/**
 * `npm run test:compose`: builds the images, runs the stack of docker-compose.yml under a name and on ports of its own,
 * tests it, and takes it down. Ends with the line `N passed, N failed`. Needs a Docker engine and Compose (v1.29 or
 * v2); about ten minutes, most of them to build. VSMCP_TEST_BUILT=true: the images are there.
 */
import { spawnSync } from 'node:child_process';
import { nodeTrouble } from './support/node.mjs';

const trouble = nodeTrouble();
if (trouble) {
  process.stderr.write(`${trouble}\n`);
  process.exit(1);
}

const { endAll, runFile } = await import('./support/run-file.mjs');
const { install, ROOT } = await import('./support/setup.mjs');

/** ms for all of it, images included. */
const LIMIT = 45 * 60_000;
const PROJECT = `vsmcp-test-${process.pid}`;
process.env.VSMCP_TEST_PROJECT = PROJECT;

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    endAll();
    sweep();
    process.exit(130);
  });
}

const FILE = 'test/compose/compose.test.ts';
let compiled;
try {
  await install();
  const { compileTests } = await import('./support/compile-tests.mjs');
  compiled = (await compileTests(ROOT, [FILE])).get(FILE);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exit(1);
}
const print = (text) => process.stdout.write(text);
const { passed, failed, broken } = await runFile(FILE, { root: ROOT, limit: LIMIT, print, compiled });
sweep();
for (const test of broken) print(`FAILED  ${test}\n`);
print(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

/** Removes what a run that was ended early has left; one that came to its end has taken all down itself. */
function sweep() {
  const ours = ['--filter', `label=com.docker.compose.project=${PROJECT}`];
  const docker = (...args) => spawnSync('docker', args, { encoding: 'utf8' }).stdout?.split('\n').filter(Boolean) ?? [];
  const containers = docker('ps', '-aq', ...ours);
  if (containers.length > 0) docker('rm', '-f', '-v', ...containers);
  for (const what of ['volume', 'network']) {
    const left = docker(what, 'ls', '-q', ...ours);
    if (left.length > 0) docker(what, 'rm', ...left);
  }
}
