import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { step } from './run.mjs';

/** The folder of the project. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const GROUPS = ['libs', 'services'];
const INSTALLED = join(ROOT, 'node_modules', '.vsmcp-stamp');
const BUILT = join(ROOT, 'node_modules', '.vsmcp-built');

/** Installs what the lock file says, unless that has been done for exactly this lock file. Needs no network then. */
export async function install() {
  const wanted = stamp(lockFiles().map((file) => `${file} ${readFileSync(join(ROOT, file), 'utf8')}`));
  if (read(INSTALLED) === wanted) return;
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  await step('installing the dependencies', ['npx', '-y', packageManager, 'install', '--frozen-lockfile'], {
    cwd: ROOT,
    // pnpm asks before it replaces a node_modules of another layout; nobody may be there to answer
    env: { ...process.env, CI: 'true' },
  });
  writeFileSync(INSTALLED, wanted);
}

/** Compiles, unless no source has changed since the last time. */
export async function build() {
  const wanted = stamp(sources().map((file) => `${file} ${fingerprint(join(ROOT, file))}`));
  if (read(BUILT) === wanted && packages().every((folder) => existsSync(join(ROOT, folder, 'dist')))) return;
  await step('compiling', [join(ROOT, 'node_modules', '.bin', 'tsc'), '-b'], { cwd: ROOT });
  writeFileSync(BUILT, wanted);
}

function packages() {
  return GROUPS.flatMap((group) =>
    readdirSync(join(ROOT, group))
      .map((name) => `${group}/${name}`)
      .filter((folder) => existsSync(join(ROOT, folder, 'package.json'))),
  ).sort();
}

function lockFiles() {
  return [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...packages().map((folder) => `${folder}/package.json`),
  ];
}

function sources() {
  const inside = packages().flatMap((folder) => {
    const src = join(folder, 'src');
    const files = existsSync(join(ROOT, src)) ? readdirSync(join(ROOT, src), { recursive: true }) : [];
    return [`${folder}/package.json`, `${folder}/tsconfig.json`, ...files.map((file) => join(src, String(file)))];
  });
  return ['tsconfig.base.json', 'tsconfig.json', 'pnpm-lock.yaml', ...inside].sort();
}

function fingerprint(file) {
  const { mtimeMs, size } = statSync(file);
  return `${mtimeMs} ${size}`;
}

function stamp(lines) {
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
