import { existsSync, lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Confiners, Launch } from './launch.js';
import { LAUNCHER, type Steps } from './launcher.js';
import { within } from './paths.js';
import { PRELOADED } from './preload.js';

/** One thing of the file system that a server sees, at the place where it is outside. */
export interface Mount {
  kind: 'ro' | 'rw' | 'tmpfs' | 'link';
  at: string;
  /** Where a link leads. */
  to?: string;
}

const LIBRARIES = [
  '/lib',
  '/lib32',
  '/lib64',
  '/usr/lib',
  '/usr/lib32',
  '/usr/lib64',
  '/usr/libexec',
  '/usr/local/lib',
];
const PROGRAMS = ['/bin', '/sbin', '/usr', '/etc/alternatives'];
const NAMES = ['/etc/ld.so.cache', '/etc/passwd', '/etc/group', '/etc/localtime'];
/** Settings of the kernel, and what else below /proc acts on the machine: read-only. */
export const COVERED = ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs', 'acpi', 'scsi'].map((name) => `/proc/${name}`);
const NETWORK = [
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/ssl',
  '/etc/pki',
  '/usr/share/ca-certificates',
];

/**
 * All a server sees where it has a file system of its own: node, its libraries, the server's code, its folder, what was
 * granted, and programs only if it may run any. Outer places first, so that what lies inside another is laid over it.
 */
export function view(launch: Launch, confiners: Confiners): Mount[] {
  const node = realpathSync(launch.node);
  const prefix = dirname(dirname(node));
  const own = [...(confiners.prlimit ? [confiners.prlimit] : []), ...(confiners.setpriv ? [confiners.setpriv] : [])];
  const mounts: Mount[] = [
    ...[...LIBRARIES, ...NAMES, ...own, node].flatMap(system),
    ...(prefix.startsWith('/usr') ? [] : system(join(prefix, 'lib'))),
    ...(launch.runs.length > 0 ? PROGRAMS.flatMap(system) : []),
    ...(launch.network ? NETWORK.flatMap(system) : []),
    { kind: 'tmpfs', at: '/tmp' },
    ...launch.hide.map((at): Mount => ({ kind: 'tmpfs', at })),
    ...launch.reads.map((at): Mount => ({ kind: 'ro', at })),
    ...launch.writes.map((at): Mount => ({ kind: 'rw', at })),
    ...[...launch.code, ...(launch.filter === undefined ? [] : [...LAUNCHER, launch.filter])].map(
      (at): Mount => ({ kind: 'ro', at }),
    ),
    { kind: 'rw', at: launch.folder },
    ...(launch.egress === undefined ? [] : [...PRELOADED, launch.egress].map((at): Mount => ({ kind: 'ro', at }))),
  ];
  return mounts
    .map((mount, n) => ({ mount, n }))
    .sort((a, b) => depth(a.mount.at) - depth(b.mount.at) || a.n - b.n)
    .map(({ mount }) => mount);
}

/**
 * Places of the view whose owners are mapped where a server of root runs as nobody: all but the system's own, and of
 * those that lie within each other the outermost.
 */
export function mapped(
  { folder, code, reads, writes, egress }: Launch,
  namespace: string,
): NonNullable<Steps['owners']> {
  const writable = [...writes, folder, ...(egress === undefined ? [] : [egress])].map((path) => realpathSync(path));
  const all = [...new Set([...writable, ...[...code, ...reads].map((path) => realpathSync(path))])];
  const outermost = all.filter((path) => !all.some((other) => other !== path && within(path, other)));
  const isWritten = (place: string) => writable.some((path) => within(path, place));
  return {
    namespace,
    writable: outermost.filter(isWritten),
    readable: outermost.filter((place) => !isWritten(place)),
  };
}

/** Read-only; a link stays a link. What this machine does not have is left out. */
function system(at: string): Mount[] {
  if (!existsSync(at)) return [];
  const linked = lstatSync(at).isSymbolicLink() && !at.startsWith('/etc');
  return [linked ? { kind: 'link', at, to: readlinkSync(at) } : { kind: 'ro', at }];
}

const depth = (path: string) => (path === '/' ? 0 : path.split('/').length);

/** Flags of the mount a path is on, which the kernel demands again when it is made read-only in a user namespace. */
export function mountFlags(path: string, mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): string[] {
  const real = realpathSync(path);
  let best = { at: '', options: '' };
  for (const line of mountinfo.split('\n')) {
    const [, , , , escaped = '', options = ''] = line.split(' ');
    const at = escaped.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    if (at !== '' && within(real, at) && at.length >= best.at.length) best = { at, options };
  }
  return best.options.split(',').filter((flag) => /^(nosuid|nodev|noexec|noatime|nodiratime|relatime)$/.test(flag));
}
