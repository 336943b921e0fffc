import { realpathSync } from 'node:fs';
import type { Command, Confiners, Launch } from './launch.js';
import { limited, TEMPORARY, tied } from './limits.js';
import { nodeFlags, permissionFlags } from './permission.js';
import { type Mount, mountFlags, view } from './view.js';

/**
 * Builds the server's file system in a mount namespace: `ROOT FOLDER (ro AT FLAGS | rw AT | tmpfs AT | link AT TO)… -- command…`.
 * Values come as arguments, none is ever part of the script. What an outer mount already holds is not made anew.
 * Folders that only exist to hold mounts are not to be filled. Its own /proc is refused inside some containers; a server then only lacks figures of its memory. The last step enters it and gives up all capabilities, so that
 * there is no way back.
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
mount -t proc proc "$root/proc" 2>/dev/null || :
mount -o remount,bind,ro "$root"
unshare=$(command -v unshare)
PATH=$path
exec "$unshare" --root="$root" --wd="$folder" -- "$@"
`;

const DEVICES = ['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom'];

/**
 * The second rung, with util-linux only: own users, network, processes and file system, Node's permission flag, limits.
 * Without a file system of its own a server could reach sockets in the file system, such as a container engine's.
 */
export function namespace(launch: Launch, confiners: Confiners): Command {
  const [file = '', ...args] = [
    ...tied(confiners),
    confiners.unshare ?? 'unshare',
    ...['--user', '--map-root-user', '--mount', '--pid', '--fork', '--kill-child'],
    ...(launch.network ? [] : ['--net']),
    '--',
    confiners.sh ?? 'sh',
    '-c',
    BUILD,
    'sh',
    launch.root,
    launch.folder,
    ...[...view(launch, confiners), ...DEVICES.map((at): Mount => ({ kind: 'rw', at }))].flatMap(words),
    '--',
    confiners.setpriv ?? 'setpriv',
    '--bounding-set=-all',
    '--inh-caps=-all',
    '--',
    ...limited(launch, confiners, true),
    realpathSync(launch.node),
    ...nodeFlags(launch),
    ...permissionFlags(launch),
    ...launch.script,
  ];
  return { file, args };
}

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
