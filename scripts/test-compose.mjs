#!/usr/bin/env node
/**
 * `npm run test:compose`: builds the images, runs the stack of docker-compose.yml under a name and on ports of its own, tests it, and takes it
 * down. Ends with the line `N passed, N failed`. Needs a Docker engine and Compose (v1.29 or v2); about ten minutes.
 */
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

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    endAll();
    process.stderr.write('ended early: `docker ps` shows what is left of it\n');
    process.exit(130);
  });
}

try {
  await install();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exit(1);
}
const print = (text) => process.stdout.write(text);
const { passed, failed, broken } = await runFile('test/compose/compose.test.ts', { root: ROOT, limit: LIMIT, print });
for (const test of broken) print(`FAILED  ${test}\n`);
print(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
