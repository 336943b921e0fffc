import { existsSync, realpathSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join, relative, resolve } from 'node:path';
import { type Grants, VsmError } from '@vsmcp/vsm';

/** A path and, where links lead elsewhere, the real one. */
export function both(path: string): string[] {
  if (!existsSync(path)) return [path];
  const real = realpathSync(path);
  return real === path ? [path] : [path, real];
}

/** True when `path` is `folder` or lies inside it; both absolute. */
export function within(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith('..') && !way.startsWith('/'));
}

/**
 * The one rule for paths in a server's arguments and environment: a value (or what follows the `=` of an argument) that
 * is a granted path as it was written, or begins with one and `/`, is handed over as an absolute path from `home`. Else
 * it is left alone. So with `writes: desk`, `desk/memory.jsonl` becomes `/home/…/desk/memory.jsonl`, and `stdio` stays.
 */
export function absolute(value: string, grants: Grants, home: string): string {
  const [, flag = '', path = value] = /^(--?[\w-]+=)(.*)$/s.exec(value) ?? [];
  const granted = [...grants.reads, ...grants.writes].map((grant) => grant.replace(/\/+$/, ''));
  return granted.some((grant) => path === grant || path.startsWith(`${grant}/`)) ? flag + resolve(home, path) : value;
}

/**
 * Grants as absolute paths. Folders to be written are made when they are missing; what is to be read and is missing is
 * left out. Rejects with VSM_SANDBOX when a grant would let the server write the fleet's own data.
 */
export async function absoluteGrants(
  grants: Grants,
  home: string,
  dataDir: string,
): Promise<{ reads: string[]; writes: string[] }> {
  const writes = grants.writes.map((path) => resolve(home, path));
  for (const path of writes) {
    const real = both(path).at(-1) ?? path;
    if (within(dataDir, real) || within(real, dataDir)) {
      throw new VsmError(
        'VSM_SANDBOX',
        `a server must not write ${path}: the fleet keeps its own data in ${dataDir}; grant a narrower folder`,
      );
    }
    if (!statSync(path, { throwIfNoEntry: false })) await mkdir(path, { recursive: true });
  }
  const reads = grants.reads
    .map((path) => resolve(home, path))
    .filter((path) => existsSync(path) && !writes.some((folder) => within(path, folder)));
  return { reads, writes };
}

/** Where a program is on PATH; undefined when it is nowhere. */
export function findProgram(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find((place) => existsSync(place));
}
