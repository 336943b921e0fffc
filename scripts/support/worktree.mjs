import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { usage } from './compare.mjs';
import { run, say, step } from './run.mjs';

/** @returns {Promise<string>} the full name of the commit that a ref names */
export async function commitOf(root, ref) {
  const { code, output } = await run(
    ['git', 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`],
    {
      cwd: root,
    },
  );
  if (code !== 0)
    throw usage(`there is no commit ${ref} here: name a tag, a branch or a commit (git fetch --tags brings more)`);
  return output.trim();
}

/**
 * A git worktree of a commit in the temporary folder, installed and compiled; kept for the next time. One whose making
 * is cut short is removed.
 * @returns {Promise<string>} its folder
 */
export async function worktreeOf(root, commit, signal) {
  const folder = join(tmpdir(), `vsmcp-bench-${userInfo().uid}`, commit);
  const ready = join(folder, 'node_modules', '.vsmcp-bench-ready');
  if (existsSync(ready)) return folder;
  const git = async (...args) => {
    const { code, output } = await run(['git', ...args], { cwd: root });
    if (code !== 0) throw new Error(`git ${args.join(' ')} failed:\n${output.trim()}`);
  };
  const remove = () => run(['git', 'worktree', 'remove', '--force', '--force', folder], { cwd: root });
  await remove(); // what another run left half made
  await git('worktree', 'prune');
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  try {
    await git('worktree', 'add', '--detach', folder, commit);
    if (!existsSync(join(folder, 'scripts', 'setup.mjs')))
      throw new Error(`${commit.slice(0, 12)} has no scripts/setup.mjs: it is too old to be compared with`);
    await step(`making ${commit.slice(0, 12)} ready in ${folder}`, [process.execPath, 'scripts/setup.mjs'], {
      cwd: folder,
      signal,
    });
    writeFileSync(ready, '');
  } catch (error) {
    await remove();
    if (!signal.aborted) say(`${folder} is removed again`);
    throw error;
  }
  return folder;
}
