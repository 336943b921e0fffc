#!/usr/bin/env node
/**
 * `npm run findings [-- part …]`: runs the scripts of findings/, each of which shows a surprise of an outside package
 * and fails when it is one no longer. They install packages from the network and are no part of what every change must
 * pass.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../findings', import.meta.url));
const parts = process.argv.slice(2);
const scripts = (existsSync(FOLDER) ? readdirSync(FOLDER).sort() : []).filter(
  (name) => name.endsWith('.sh') && (parts.length === 0 || parts.some((part) => name.includes(part))),
);
const failed = scripts.filter((name) => {
  process.stdout.write(`\n── findings/${name}\n`);
  return spawnSync('bash', [join(FOLDER, name)], { stdio: 'inherit' }).status !== 0;
});
for (const name of failed) process.stdout.write(`FAILED  findings/${name}\n`);
process.stdout.write(`${scripts.length - failed.length} passed, ${failed.length} failed\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
