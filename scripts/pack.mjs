#!/usr/bin/env node
/**
 * `npm run pack -- <folder>`: compiles, and packs every package as it would be published: compiled code with its types,
 * licence, exact versions of its siblings. What only serves work in this repository (sources, conditions for them,
 * tools) stays out. Prints the tarballs.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { nodeTrouble } from './support/node.mjs';

const trouble = nodeTrouble();
if (trouble) {
  process.stderr.write(`${trouble}\n`);
  process.exit(1);
}

const { run } = await import('./support/run.mjs');
const { build, install, ROOT } = await import('./support/setup.mjs');
const out = resolve(process.argv[2] ?? 'tarballs');

try {
  await install();
  await build();
  mkdirSync(out, { recursive: true });
  for (const folder of packages()) process.stdout.write(`${await pack(folder)}\n`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

function packages() {
  return ['libs', 'services']
    .flatMap((group) => readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')));
}

/** @returns the path of the tarball */
async function pack(folder) {
  const stage = mkdtempSync(join(tmpdir(), 'vsmcp-pack-'));
  try {
    const manifest = published(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    cpSync(join(ROOT, 'LICENSE'), join(stage, 'LICENSE'));
    for (const name of manifest.files) {
      cpSync(join(folder, name), join(stage, name), {
        recursive: true,
        // maps lead to sources that are not there
        filter: (path) => !/\.(tsbuildinfo|map)$/.test(path),
      });
    }
    const { code, output } = await run(['npm', 'pack', '--silent', '--pack-destination', out], { cwd: stage });
    if (code !== 0) throw new Error(`${manifest.name} cannot be packed:\n${output}`);
    return join(out, output.trim().split('\n').at(-1));
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function published({ private: _, devDependencies: __, scripts: ___, exports = {}, dependencies = {}, ...manifest }) {
  return {
    ...manifest,
    engines: JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).engines,
    exports: Object.fromEntries(Object.entries(exports).map(([name, { source: ____, ...rest }]) => [name, rest])),
    dependencies: Object.fromEntries(
      Object.entries(dependencies).map(([name, range]) => [
        name,
        range.startsWith('workspace:') ? manifest.version : range,
      ]),
    ),
  };
}
