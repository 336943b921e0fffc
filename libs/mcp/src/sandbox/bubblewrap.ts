import { realpathSync } from 'node:fs';
import type { Command, Confiners, Launch } from './launch.js';
import { limited, TEMPORARY } from './limits.js';
import { nodeFlags } from './permission.js';
import { type Mount, view } from './view.js';

/** The strongest rung: own file system, network, processes and users by bwrap, and limits. */
export function bubblewrap(launch: Launch, confiners: Confiners): Command {
  return {
    file: confiners.bwrap ?? 'bwrap',
    args: [
      '--unshare-all',
      ...(launch.network ? ['--share-net'] : []),
      '--die-with-parent',
      '--new-session',
      ...view(launch, confiners).flatMap(words),
      ...(confiners.noProc ? [] : ['--proc', '/proc']),
      ...['--dev', '/dev', '--size', `${TEMPORARY}`, '--tmpfs', '/dev/shm'],
      // folders that only exist to hold mounts are not to be filled
      ...['/', '/dev', ...launch.hide].flatMap((at) => ['--remount-ro', at]),
      '--chdir',
      launch.folder,
      '--',
      ...limited(launch, confiners, true),
      realpathSync(launch.node),
      ...nodeFlags(launch),
      ...launch.script,
    ],
  };
}

function words({ kind, at, to }: Mount): string[] {
  if (kind === 'link') return ['--symlink', to ?? '', at];
  if (kind === 'tmpfs') return ['--size', `${TEMPORARY}`, '--tmpfs', at];
  return [kind === 'ro' ? '--ro-bind' : '--bind', at, at];
}
