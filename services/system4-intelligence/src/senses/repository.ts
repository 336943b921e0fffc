import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { openUnlinked, openWithin, type Unlinked } from '@vsmcp/mcp';

/** Most bytes of HEAD and of a reference; of the list of packed ones. */
const MOST_REF = 4096;
const MOST_PACKED = 64 * 2 ** 20;
const SHA = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** Names of git-check-ref-format(1) that begin with refs/, without what could leave the folder. */
const REF = /^refs\/(?!.*\.\.)[^\s~^:?*[\\\p{Cc}]+$/u;

/** A repository's HEAD, read without git and without its configuration. */
export interface Head {
  /** The work tree. */
  repo: string;
  sha: string;
  /** The folder of its objects, open. */
  objects: Unlinked;
}

/**
 * The repository that a folder is in. Rejects where there is none or it has no commit. One whose `.git` is a file that
 * leads elsewhere (a worktree, a submodule) is not followed there.
 */
export async function headOf(home: string, folder: string): Promise<Head> {
  const base = await realpath(home);
  const { repo, git } = await repositoryOf(base, isAbsolute(folder) ? folder : resolve(base, folder));
  try {
    const head = (await textOf(git, 'HEAD', MOST_REF)).trim();
    const ref = head.startsWith('ref: ') ? head.slice(5) : undefined;
    const sha = ref === undefined ? head : await shaOf(git, ref);
    if (!SHA.test(sha)) throw new Error('its HEAD names no commit');
    return { repo, sha, objects: await openWithin(git, 'objects') };
  } finally {
    await git.close();
  }
}

async function repositoryOf(home: string, folder: string): Promise<{ repo: string; git: Unlinked }> {
  for (let repo = folder; ; repo = dirname(repo)) {
    try {
      return { repo, git: await openUnlinked(home, resolve(repo, '.git')) };
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (repo === '/') throw new Error('not a git repository, nor is any folder above', { cause: error });
    }
  }
}

async function shaOf(git: Unlinked, ref: string): Promise<string> {
  if (!REF.test(ref)) throw new Error('its HEAD names no reference');
  try {
    return (await textOf(git, ref, MOST_REF)).trim();
  } catch (error) {
    if (!isMissing(error)) throw error;
    const packed = await textOf(git, 'packed-refs', MOST_PACKED);
    return (
      packed
        .split('\n')
        .find((line) => line.endsWith(` ${ref}`))
        ?.split(' ')[0] ?? ''
    );
  }
}

async function textOf(git: Unlinked, path: string, most: number): Promise<string> {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  const folder = await openWithin(git, parts.join('/'));
  try {
    const file = await folder.file(name);
    try {
      if ((await file.stat()).size > most) throw new Error(`${path} of the repository has more than ${most} bytes`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } finally {
    await folder.close();
  }
}

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';
