import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '@vsmcp/mcp';
import type { Clock } from '@vsmcp/vsm';
import { type Head, headOf } from './repository.js';
import { looking, type Tell, type Trouble } from './sense.js';

/** Milliseconds between looks at HEAD, and that git may take. */
const LOOK = 2000;
const DEADLINE = 10_000;

/**
 * Author and subject of a commit, by git. Who may write the repository does not thereby run anything here: git gets a
 * repository of the product's own making, with its configuration and no hooks, that borrows the objects alone; it reads
 * no configuration of this machine or user, has a bare environment, and is confined like a server without grants.
 */
async function commitOf({ sha, objects }: Head, folder: string): Promise<{ author: string; subject: string }> {
  const own = join(folder, 'repository');
  const format = sha.length === 64 ? '1\n[extensions]\n\tobjectFormat = sha256' : '0';
  for (const name of ['refs', 'objects']) await mkdir(join(own, name), { recursive: true });
  await writeFile(join(own, 'HEAD'), `${sha}\n`);
  await writeFile(join(own, 'config'), `[core]\n\tbare = true\n\trepositoryFormatVersion = ${format}\n`);
  const env = {
    GIT_DIR: own,
    GIT_OBJECT_DIRECTORY: '/proc/self/fd/3',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
  };
  const asked = ['git', '--no-pager', 'log', '-1', '--no-walk', '--no-decorate', '--format=%an%n%s', sha];
  const ran = await runProgram(asked, { folder, env, timeout: DEADLINE, inherit: [objects.fd] });
  if (ran.code !== 0) throw new Error(ran.stderr.trim().split('\n')[0] || `git ended with ${ran.code ?? ran.ended}`);
  const [author = '', subject = ''] = ran.stdout.split('\n');
  return { author, subject };
}

/**
 * A git repository: `git.commit` {repo, sha, author, subject} for HEAD, at start and when it changes. `repo` is the
 * absolute path of the work tree.
 */
export function openGit(
  folder: string,
  { home, clock, tell, trouble }: { home: string; clock: Clock; tell: Tell; trouble: Trouble },
): () => Promise<void> {
  let told = '';
  const look = async () => {
    const found = await lookedAt(home, folder, told).catch((error: unknown) => {
      trouble(`${folder} has no commit to look at: is it a git repository, and is git installed?`, error);
    });
    if (found === undefined) return;
    await tell({ source: `/senses/git/${folder}`.slice(0, 512), id: found.sha, type: 'git.commit', data: found });
    told = found.sha;
  };
  return looking(clock, LOOK, look, trouble);
}

/** Undefined while HEAD is what was told. */
async function lookedAt(home: string, folder: string, told: string) {
  const head = await headOf(home, folder);
  const { repo, sha, objects } = head;
  try {
    return sha === told ? undefined : { repo, sha, ...(await confined(head)) };
  } finally {
    await objects.close();
  }
}

/** In a folder that goes with the look. */
async function confined(head: Head): Promise<{ author: string; subject: string }> {
  const scratch = await mkdtemp(join(tmpdir(), 'vsmcp-git-'));
  try {
    return await commitOf(head, scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
