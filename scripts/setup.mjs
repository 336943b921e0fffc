#!/usr/bin/env node
/** Installs what the lock file says and compiles; does nothing when both are up to date. */
import { nodeTrouble } from './support/node.mjs';

const trouble = nodeTrouble();
if (trouble) {
  process.stderr.write(`${trouble}\n`);
  process.exit(1);
}
try {
  const { build, install } = await import('./support/setup.mjs');
  await install();
  await build();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
