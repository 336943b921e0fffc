import type { Command, Confiners, Launch } from './launch.js';
import { after } from './launcher.js';
import { limited, TEMPORARY } from './limits.js';
import { NOBODY } from './owners.js';
import { mainOf } from './permission.js';
import { COVERED, type Mount, mapped, view } from './view.js';

/** Opens the filter of system calls where bwrap is told to look for it, then becomes bwrap. */
const FILTERED = 'exec 9<"$1" && shift && exec "$@"';

/**
 * The strongest rung: own file system, network, processes and users by bwrap, a filter of system calls, and limits.
 * Where the fleet is root, root's files are nobody's in the server's view, and it runs as nobody.
 */
export function bubblewrap(launch: Launch, confiners: Confiners): Command {
  const { owners, filter } = launch;
  const own = owners !== undefined;
  const [file = '', ...args] = [
    ...(own ? [confiners.unshare ?? 'unshare', '--mount', '--propagation', 'private', '--'] : []),
    ...(own ? after(launch, { owners: mapped(launch, owners), inherit: launch.inherit ?? 2 }) : []),
    ...(filter === undefined ? [] : [confiners.sh ?? 'sh', '-c', FILTERED, 'sh', filter]),
    confiners.bwrap ?? 'bwrap',
    ...(own ? ROOTS : users()),
    ...(launch.network ? [] : ['--unshare-net']),
    ...['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'],
    '--die-with-parent',
    '--new-session',
    ...view(launch, confiners).flatMap((mount) => [...(own ? above(mount) : []), ...words(mount, own)]),
    ...(confiners.noProc ? [] : ['--proc', '/proc', ...COVERED.flatMap((at) => ['--ro-bind-try', at, at])]),
    ...['--dev', '/dev', ...words({ kind: 'tmpfs', at: '/dev/shm' }, own)],
    // folders that only exist to hold mounts are not to be filled
    ...['/', '/dev', ...launch.hide].flatMap((at) => ['--remount-ro', at]),
    ...(filter === undefined ? [] : ['--seccomp', '9']),
    ...['--chdir', launch.folder, '--'],
    ...(own ? asNobody(confiners) : []),
    ...limited(launch, confiners, !own),
    ...mainOf(launch),
  ];
  return { file, args };
}

/** Rights that it takes to enter the server's folder and to become nobody, who has none. */
const ENTERING = ['SETUID', 'SETGID', 'SETPCAP', 'DAC_READ_SEARCH'];
const ROOTS = ['--cap-drop', 'ALL', ...ENTERING.flatMap((name) => ['--cap-add', `CAP_${name}`])];

/** Users of its own, without rights. Root is nobody there too, though files outside know it for what it is. */
const users = (): string[] => [
  ...['--unshare-user', '--cap-drop', 'ALL'],
  ...(process.getuid?.() === 0 ? ['--uid', `${NOBODY}`, '--gid', `${NOBODY}`] : []),
];

/** Gives up root, all rights, and all ways to gain some. */
export const asNobody = ({ setpriv = 'setpriv' }: Confiners): string[] => [
  ...[setpriv, `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
  ...['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--'],
];

/** Folders above a place, made so that nobody may pass: bwrap makes them for their owner alone. */
function above({ at }: Mount): string[] {
  const parts = at.split('/').slice(1, -1);
  return parts.flatMap((_, n) => ['--perms', '0755', '--dir', `/${parts.slice(0, n + 1).join('/')}`]);
}

function words({ kind, at, to }: Mount, own: boolean): string[] {
  if (kind === 'link') return ['--symlink', to ?? '', at];
  if (kind === 'tmpfs') return [...(own ? ['--perms', '1777'] : []), '--size', `${TEMPORARY}`, '--tmpfs', at];
  return [kind === 'ro' ? '--ro-bind' : '--bind', at, at];
}
