import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';

/** The user that owns nothing on any machine: servers of a fleet that is root are run as it. */
export const NOBODY = 65_534;

/** Root's files are nobody's inside, and nobody's are root's; all others keep their owners. */
const MAP = `0 ${NOBODY} 1\n1 1 ${NOBODY - 1}\n${NOBODY} 0 1\n`;

/**
 * A user namespace that is used for its map alone: mounted with it, what root owns is nobody's. It lasts as long as
 * this process. Rejects where it cannot be made, as without root.
 * @returns a path at which it can be opened
 */
export async function openOwners(unshare: string): Promise<string> {
  // lives in the namespace until its standard input ends
  const holder = spawn(unshare, ['--user', 'cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
  });
  try {
    const echoed = once(holder.stdout, 'data');
    holder.stdin.write('\n');
    await Promise.race([echoed, once(holder, 'exit').then(() => Promise.reject(new Error('no user namespace')))]);
    for (const kind of ['uid_map', 'gid_map']) writeFileSync(`/proc/${holder.pid}/${kind}`, MAP);
    return `/proc/${process.pid}/fd/${openSync(`/proc/${holder.pid}/ns/user`, 'r')}`;
  } finally {
    holder.kill('SIGKILL');
  }
}
