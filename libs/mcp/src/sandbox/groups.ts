import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.js';
import type { Command } from './launch.js';
import { PROCESSES } from './limits.js';

/** Joins a control group, then becomes the command. */
const JOIN = 'echo 0 > "$1/cgroup.procs" && shift && exec "$@"';
/** ms for a trial; ms between tries to remove a group whose last processes are still going. */
const PATIENCE = 5000;
const PAUSE = 50;
let made = 0;

/** A control group with a limit on its processes and threads. */
export interface Group {
  /** The command, started within the group. */
  around(command: Command): Command;
  /** Its processes, by number, those that left their parents included. */
  members(): Promise<number[]>;
  /** Ends what is left in it, and removes it. */
  remove(): Promise<void>;
}

/**
 * Makes a control group below the one that this process is in, so that limits from above hold on. Holds exactly, for
 * root too, where RLIMIT_NPROC does not. Rejects where the kernel or the mount does not allow it.
 */
export async function makeGroup(sh: string): Promise<Group> {
  const own = await ownFolder();
  if (own === undefined) throw new Error('no control group for processes is mounted');
  const folder = join(own, `vsmcp-${process.pid}-${made++}`);
  await mkdir(folder);
  const group: Group = {
    around: ({ file, args }) => ({ file: sh, args: ['-c', JOIN, 'sh', folder, file, ...args] }),
    async members() {
      const text = await readFile(join(folder, 'cgroup.procs'), 'utf8');
      // 0 is one that cannot be seen from here
      return text
        .split('\n')
        .map(Number)
        .filter((pid) => pid > 0);
    },
    async remove() {
      for (let left = PATIENCE / PAUSE; ; left--) {
        const failed = await rmdir(folder).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (failed === undefined) return;
        if (left <= 0) throw failed;
        for (const pid of await group.members()) killOne(pid);
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    },
  };
  try {
    // not there where the controller is not given on to groups below
    await writeFile(join(folder, 'pids.max'), `${PROCESSES}`, { flag: 'r+' });
    return group;
  } catch (error) {
    await group.remove();
    throw error;
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ESRCH: it is gone, which is what was wanted
  }
}

/** Finds out if such groups can be made here, and joined. Removes those that are left of a fleet that was killed. */
export async function findsGroups(sh: string | undefined): Promise<boolean> {
  if (sh === undefined) return false;
  try {
    await sweep(await ownFolder());
    const group = await makeGroup(sh);
    const { file, args } = group.around({ file: sh, args: ['-c', ':'] });
    const { code } = await run(file, args, { cwd: '/', env: {}, timeout: PATIENCE });
    await group.remove();
    return code === 0;
  } catch {
    // no such hierarchy, no right to write to it, or the controller is not given on: then they cannot be made here
    return false;
  }
}

async function ownFolder(): Promise<string | undefined> {
  const read = (name: string) => readFile(`/proc/self/${name}`, 'utf8');
  return ownGroup(await read('cgroup'), await read('mountinfo'));
}

async function sweep(folder: string | undefined): Promise<void> {
  const names = folder === undefined ? [] : await readdir(folder);
  const left = names.filter((name) => !existsSync(`/proc/${/^vsmcp-(\d+)-\d+$/.exec(name)?.[1] ?? 'self'}`));
  // one that has processes cannot be removed, which is right
  await Promise.allSettled(left.map((name) => rmdir(join(folder ?? '', name))));
}

/**
 * The folder of the control group that this process is in, in the hierarchy that can limit processes.
 * @param cgroup /proc/self/cgroup. @param mounts /proc/self/mountinfo
 */
export function ownGroup(cgroup: string, mounts: string): string | undefined {
  const groups = cgroup.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line) ?? []);
  const [, , first] = groups.find(([, names = '']) => names.split(',').includes('pids')) ?? [];
  const [, , unified] = groups.find(([, names]) => names === '') ?? [];
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', at] = before.split(' ');
    const [kind, , options = ''] = after.split(' ');
    const path = kind === 'cgroup' && options.split(',').includes('pids') ? first : undefined;
    const within = path ?? (kind === 'cgroup2' && first === undefined ? unified : undefined);
    if (within === undefined || at === undefined) continue;
    return join(at, within.startsWith(root) ? within.slice(root.length) : within);
  }
  return undefined;
}
