import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import type { Clock } from '@vsmcp/vsm';
import { looking, type Tell, type Trouble } from './sense.js';

/** Milliseconds between looks at HEAD, and that git may take. */
const LOOK = 2000;
const DEADLINE = 10_000;

/** Runs git without a shell; rejects with what it said. */
function git(folder: string, ...args: string[]): Promise<string> {
  // Only to look: no locks, no pager, no prompts.
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
  return new Promise((done, fail) => {
    execFile('git', ['-C', folder, '--no-pager', ...args], { env, timeout: DEADLINE }, (error, stdout, stderr) => {
      if (error === null) done(stdout);
      else fail(new Error(stderr.trim().split('\n')[0] || error.message, { cause: error }));
    });
  });
}

/**
 * A git repository: `git.commit` {repo, sha, author, subject} for HEAD, at start and when it changes. `repo` is the absolute path
 * of the work tree.
 */
export function openGit(
  folder: string,
  { home, clock, tell, trouble }: { home: string; clock: Clock; tell: Tell; trouble: Trouble },
): () => Promise<void> {
  let told = '';
  const look = async () => {
    let said: string;
    try {
      said = await git(resolve(home, folder), 'log', '-1', '--format=%H%x00%an%x00%s', 'HEAD');
    } catch (error) {
      trouble(`${folder} has no commit to look at: is it a git repository, and is git installed?`, error);
      return;
    }
    const [sha = '', author = '', subject = ''] = said.trimEnd().split('\0');
    if (sha === told) return;
    const repo = (await git(resolve(home, folder), 'rev-parse', '--show-toplevel')).trimEnd();
    const source = `/senses/git/${folder}`.slice(0, 512);
    await tell({ source, id: sha, type: 'git.commit', data: { repo, sha, author, subject } });
    told = sha;
  };
  return looking(clock, LOOK, look, trouble);
}
