import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { VsmError } from '@vsmcp/vsm';

/**
 * A hash by which a later start sees that an installed folder is complete and unchanged: contents of the lock and of
 * the package itself, names and sizes of everything else (tens of ms for 80 MB). Rejects with VSM_INSTALL when a link
 * leads out.
 */
export async function hashTree(folder: string, packageName: string): Promise<string> {
  const root = await realpath(folder);
  const own = join('node_modules', packageName);
  const lines = await walk(root, '', (path) => path === 'package-lock.json' || path.startsWith(own + sep));
  return `sha256-${createHash('sha256').update(lines.sort().join('\n')).digest('hex')}`;
}

async function walk(root: string, folder: string, whole: (path: string) => boolean): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const lines = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (path === RECORD) return [];
      if (entry.isDirectory()) return walk(root, path, whole);
      if (entry.isSymbolicLink()) return [await link(root, path)];
      if (whole(path)) {
        const content = await readFile(join(root, path));
        return [`${path} ${createHash('sha256').update(content).digest('hex')}`];
      }
      return [`${path} ${(await lstat(join(root, path))).size}`];
    }),
  );
  return lines.flat();
}

async function link(root: string, path: string): Promise<string> {
  const target = await realpath(join(root, path));
  if (relative(root, target).startsWith('..')) {
    throw new VsmError(
      'VSM_INSTALL',
      `${path} is a link that leads out of its folder: the package is not to be trusted`,
    );
  }
  return `${path} -> ${await readlink(join(root, path))}`;
}

/** The file that keeps what was found at install time; not part of the tree it describes. */
export const RECORD = 'vsmcp-install.json';
