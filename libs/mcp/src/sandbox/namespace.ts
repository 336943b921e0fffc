import { asNobody } from './bubblewrap.js';
import type { Command, Confiners, Launch } from './launch.js';
import { after } from './launcher.js';
import { limited, TEMPORARY, tied } from './limits.js';
import { NOBODY } from './owners.js';
import { mainOf } from './permission.js';
import { COVERED, type Mount, mapped, mountFlags, view } from './view.js';

/**
 * Builds the server's file system in a mount namespace: `ROOT FOLDER (ro AT FLAGS | rw AT | tmpfs AT | link AT TO)… --
 * command…`. Values come as arguments, none is ever part of the script. What an outer mount already holds is not made
 * anew. Folders that only exist to hold mounts are not to be filled. Its own /proc is refused inside some containers; a
 * server then only lacks figures of its memory. The last step enters it and gives up all capabilities, so that there is
 * no way back.
 */
const BUILD = `
set -eu
root=$1 folder=$2 path=$PATH
PATH=/usr/sbin:/usr/bin:/sbin:/bin
shift 2
mount -t tmpfs -o mode=755 tmpfs "$root"
place() {
  [ ! -e "$root$1" ] || return 0
  mkdir -p "$root\${1%/*}"
  if [ -d "$1" ]; then mkdir "$root$1"; else : > "$root$1"; fi
}
while [ "$1" != -- ]; do
  case $1 in
    ro) place "$2"; mount --rbind "$2" "$root$2"; mount -o "remount,bind,ro$3" "$root$2"; shift 3 ;;
    rw) place "$2"; mount --rbind "$2" "$root$2"; shift 2 ;;
    tmpfs) mkdir -p "$root$2"; mount -t tmpfs -o mode=1777,size=${TEMPORARY} tmpfs "$root$2"; shift 2 ;;
    link) mkdir -p "$root\${2%/*}"; [ -e "$root$2" ] || ln -s "$3" "$root$2"; shift 3 ;;
  esac
done
shift
mkdir -p "$root/proc"
if mount -t proc -o nosuid,nodev,noexec proc "$root/proc" 2>/dev/null; then
  for at in ${COVERED.join(' ')}; do
    [ ! -e "$root$at" ] || { mount --bind "$root$at" "$root$at"; mount -o remount,bind,ro,nosuid,nodev,noexec "$root$at"; }
  done
fi
mount -o remount,bind,ro "$root"
unshare=$(command -v unshare)
PATH=$path
exec "$unshare" $USERS --root="$root" --wd="$folder" -- "$@"
`;

const DEVICES = ['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom'];

/**
 * The second rung, with util-linux and a launcher: own users, network, processes and file system, a filter of system
 * calls, limits. Where the fleet is root, root's files are nobody's in the server's view, and it runs as nobody; else
 * it has users of its own, and in the end others once more, so that what was mounted is not its own to change.
 */
export function namespace(launch: Launch, confiners: Confiners): Command {
  const { owners, filter } = launch;
  const own = owners !== undefined;
  const inherit = launch.inherit ?? 2;
  const [file = '', ...args] = [
    ...tied(confiners),
    confiners.unshare ?? 'unshare',
    ...(own ? [] : ['--user', '--map-root-user']),
    ...['--mount', '--propagation', 'private', '--ipc', '--uts', '--pid', '--fork', '--kill-child'],
    ...(launch.network ? [] : ['--net']),
    '--',
    ...(own ? after(launch, { owners: mapped(launch, owners), inherit }) : []),
    confiners.sh ?? 'sh',
    '-c',
    own
      ? BUILD.replace('$USERS', '')
      : BUILD.replace('$USERS', `--user --map-user=${NOBODY} --map-group=${NOBODY} --keep-caps`),
    'sh',
    launch.root,
    launch.folder,
    ...[...view(launch, confiners), ...DEVICES.map((at): Mount => ({ kind: 'rw', at }))].flatMap(words),
    '--',
    ...(own ? asNobody(confiners) : withoutRights(confiners)),
    ...limited(launch, confiners, !own),
    ...(filter === undefined ? [] : after(launch, { filter, inherit })),
    ...mainOf(launch),
  ];
  return { file, args };
}

const withoutRights = ({ setpriv = 'setpriv' }: Confiners): string[] => [
  ...[setpriv, '--bounding-set=-all', '--ambient-caps=-all', '--inh-caps=-all', '--no-new-privs', '--'],
];

function words({ kind, at, to }: Mount): string[] {
  if (kind === 'link') return ['link', at, to ?? ''];
  if (kind === 'ro')
    return [
      'ro',
      at,
      mountFlags(at)
        .map((flag) => `,${flag}`)
        .join(''),
    ];
  return [kind, at];
}
