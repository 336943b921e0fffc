#!/usr/bin/env node
/** `node scripts/tool.mjs biome check .`: runs a tool of node_modules, which is installed first where it is not yet. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { nodeTrouble } from './support/node.mjs';

const trouble = nodeTrouble();
if (trouble) {
  process.stderr.write(`${trouble}\n`);
  process.exit(1);
}
try {
  const { install, ROOT } = await import('./support/setup.mjs');
  await install();
  const [tool = '', ...args] = process.argv.slice(2);
  const { status } = spawnSync(join(ROOT, 'node_modules', '.bin', tool), args, { cwd: ROOT, stdio: 'inherit' });
  process.exitCode = status ?? 1;
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
