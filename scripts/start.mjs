#!/usr/bin/env node
/**
 * `npm start`: installs and compiles what is not yet, then is `vsmcp up` with the arguments it was given. It stays one
 * process, so that Ctrl-C and signals reach the fleet itself.
 */
import { nodeTrouble } from './support/node.mjs';

const trouble = nodeTrouble();
if (trouble) {
  process.stderr.write(`${trouble}\n`);
  process.exit(1);
}

try {
  const { build, install, ROOT } = await import('./support/setup.mjs');
  await install();
  await build();
  process.chdir(ROOT);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
const { runProcess } = await import('../libs/cli/dist/main.js');
await runProcess(['up', ...process.argv.slice(2)]);
