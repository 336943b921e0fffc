import { isAbsolute, resolve } from 'node:path';
import type { Attempts } from '@vsmcp/vsm';

/** System calls by which a server reaches for files, programs and hosts; `?` where not every processor has one. */
const CALLS = [
  ...[
    '?open',
    'openat',
    '?openat2',
    '?stat',
    '?lstat',
    '?newfstatat',
    '?statx',
    '?access',
    '?faccessat',
    '?faccessat2',
  ],
  ...['?mkdir', 'mkdirat', 'execve', '?execveat', 'connect', 'sendto', 'sendmsg', '?sendmmsg'],
];

/**
 * strace's command line up to the command, all strings in hexadecimal: what a server names is never taken for strace's
 * words.
 */
export const traced = (strace: string, file: string): string[] => [
  strace,
  ...['-f', '-qq', '-y', '-xx', '-s', '512', '-e', 'signal=none', '-e', `trace=${CALLS.join(',')}`, '-o', file, '--'],
];

/** One try that was refused, as it was seen from outside. */
export type Refused =
  | { kind: 'file'; path: string; write: boolean }
  | { kind: 'program'; path: string }
  | { kind: 'host'; host: string }
  | { kind: 'socket'; path: string };

const REFUSAL = /= -1 (?:ENOENT|EACCES|EPERM|EROFS|ENETUNREACH|ECONNREFUSED|EHOSTUNREACH|ENOTDIR|EADDRNOTAVAIL)\b/;
const STRING = /"((?:\\x[0-9a-f]{2})*)"/;
const STRINGS = new RegExp(STRING, 'g');
const WRITES = /O_WRONLY|O_RDWR|O_CREAT/;

const decoded = (hex: string): Buffer => Buffer.from(hex.replaceAll('\\x', ''), 'hex');

/**
 * Reads what strace wrote, a line at a time. Counts from where the server's own node begins: what the fleet's launchers
 * do before is none of the server's.
 */
export class Trace {
  readonly #begun: (words: readonly string[]) => boolean;
  readonly #cwd: string;
  /** Calls that were begun and not yet answered, by process. */
  readonly #open = new Map<string, string>();
  #counts = false;

  constructor(begun: (words: readonly string[]) => boolean, cwd: string) {
    this.#begun = begun;
    this.#cwd = cwd;
  }

  read(line: string): Refused[] {
    const [, pid = '', said = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (said.endsWith('<unfinished ...>')) {
      this.#open.set(pid, said.slice(0, -'<unfinished ...>'.length));
      return [];
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(said);
    const whole = resumed ? (this.#open.get(pid) ?? '') + (resumed[1] ?? '') : said;
    this.#open.delete(pid);
    return this.#judge(whole);
  }

  #judge(said: string): Refused[] {
    const call = /^(\w+)\(/.exec(said)?.[1] ?? '';
    const words = [...said.matchAll(STRINGS)].map(([, hex = '']) => decoded(hex));
    if (!this.#counts) {
      this.#counts = call === 'execve' && / = 0$/.test(said) && this.#begun(words.map(String));
      return [];
    }
    if (call.startsWith('send')) return words.flatMap(nameAsked);
    if (!REFUSAL.test(said) && !(call === 'connect' && said.includes('EINPROGRESS'))) return [];
    if (call === 'connect') return addressed(said, words[0]);
    const first = words.at(0)?.toString();
    if (first === undefined) return [];
    const path = isAbsolute(first) ? first : resolve(folderOf(said) ?? this.#cwd, first);
    if (call.startsWith('execve')) return [{ kind: 'program', path }];
    return [{ kind: 'file', path, write: WRITES.test(said) || call.startsWith('mkdir') }];
  }
}

/** The folder that a path starts from, as strace names it beside its number. */
function folderOf(said: string): string | undefined {
  const [, named] = /^\w+\((?:AT_FDCWD|\d+)<([^>]*)>/.exec(said) ?? [];
  const path = named?.includes('\\x') ? decoded(named).toString() : named;
  return path?.startsWith('/') ? path : undefined;
}

function addressed(said: string, word: Buffer | undefined): Refused[] {
  if (said.includes('sa_family=AF_UNIX')) {
    const path = word?.toString() ?? '';
    return isAbsolute(path) ? [{ kind: 'socket', path }] : [];
  }
  const [, port = ''] = /sin6?_port=htons\((\d+)\)/.exec(said) ?? [];
  const [, four = ''] = /sin_addr=inet_addr\("([^"]*)"\)/.exec(said) ?? [];
  const [, six = ''] = /inet_pton\(AF_INET6, "([^"]*)"/.exec(said) ?? [];
  const text = (hex: string) => (hex.includes('\\x') ? decoded(hex).toString() : hex);
  // names are asked of port 53, and to try a way without a port is how a resolver sorts addresses
  if (port === '' || port === '53' || port === '0') return [];
  return [{ kind: 'host', host: four ? `${text(four)}:${port}` : `[${text(six)}]:${port}` }];
}

/** The host of a DNS query (RFC 1035, 4.1) for an address. */
function nameAsked(message: Buffer): Refused[] {
  const isQuery = message.length >= 17 && ((message[2] ?? 255) & 0xf8) === 0 && message.readUInt32BE(4) === 0x10000;
  if (!isQuery) return [];
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    const label = message.subarray(at + 1, at + 1 + length).toString('latin1');
    if (length > 63 || !/^[\w-]+$/.test(label)) return [];
    labels.push(label);
    at += 1 + length;
  }
  const kind = at + 5 <= message.length ? message.readUInt16BE(at + 1) : 0;
  return labels.length > 1 && (kind === 1 || kind === 28)
    ? [{ kind: 'host', host: labels.join('.').toLowerCase() }]
    : [];
}

/** Most that is told of each kind. */
const MOST = 50;

/** Where secrets of people and programs lie, by a part of a path. */
const SECRET_PARTS =
  /^(?:\.ssh|\.gnupg|\.aws|\.azure|\.kube|\.docker|\.gcloud|gcloud|\.password-store|keyrings|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.env(?:\..*)?|\.(?:ba|z)?sh_history|shadow|gshadow|sudoers|id_(?:rsa|dsa|ecdsa|ed25519)|authorized_keys|ssh_host_.*|Login Data|Cookies|cookies\.sqlite|logins\.json|wallet\.dat)$/i;
const SECRET_NAMES =
  /\.(?:pem|key|p12|pfx|jks|kdbx|keytab)$|(?:^|[._-])(?:tokens?|credentials?|secrets?|passwords?|passwd)(?:[._-]|$)/i;
/** The system's own: no grant is needed for what is there to be had, and none is offered for the rest. */
const SYSTEM = /^\/(?:proc|sys|dev|etc|usr|lib\w*|bin|sbin|run|var\/(?:run|cache|lib))(?:\/|$)/;
/** Sockets that the C library tries at every look-up of a name or a user, and the system's log. */
const CUSTOMARY = /^\/(?:var\/)?run\/(?:nscd\/socket|systemd\/.*|dbus\/.*)$|^\/dev\/log$/;
const LOOPBACK = /^(?:127\.|\[::1\]|localhost\b|0\.0\.0\.0|\[::\])/;

/** Paths that a server has anyway, and the fleet's own data. */
export interface Own {
  folders: readonly string[];
  dataDir: string;
  /** True when there is something at a path, outside. */
  exists(path: string): boolean;
}

/** A server's attempts: those that may be granted, and those that are never offered but were made. */
export function attemptsOf(refused: Iterable<Refused>, own: Own): Attempts {
  const files = new Map<string, { path: string; write: boolean }>();
  const [hosts, programs, thefts] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const within = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
  const lookedFor = (path: string) => own.folders.some((folder) => within(folder, path) || within(path, folder));
  for (const one of refused) {
    if (one.kind === 'program') programs.add(one.path.split('/').at(-1) ?? '');
    else if (one.kind === 'host') (LOOPBACK.test(one.host) ? thefts : hosts).add(one.host);
    else if (one.kind === 'socket') {
      if (!CUSTOMARY.test(one.path) && !lookedFor(one.path)) thefts.add(one.path);
    } else {
      const { path, write } = one;
      if (own.folders.some((folder) => within(path, folder)) || /^\/(?:proc|sys)(?:\/|$)/.test(path)) continue;
      if (isSecret(path) || (within(path, own.dataDir) && !isLookup(path))) thefts.add(path);
      else if (SYSTEM.test(path) || isLookup(path) || !(write || own.exists(path)) || lookedFor(path)) continue;
      else files.set(path, { path, write: write || files.get(path)?.write === true });
    }
  }
  return {
    files: [...files.values()].slice(0, MOST),
    hosts: [...hosts].slice(0, MOST),
    programs: [...programs].slice(0, MOST),
    thefts: [...thefts].slice(0, MOST),
  };
}

const isSecret = (path: string): boolean => {
  const parts = path.split('/');
  return parts.some((part) => SECRET_PARTS.test(part)) || (!SYSTEM.test(path) && SECRET_NAMES.test(parts.at(-1) ?? ''));
};

/** How Node.js looks for packages, in every folder above. */
const isLookup = (path: string): boolean => /(?:^|\/)(?:node_modules|package\.json)(?:\/|$)/.test(path);

/** For a person: what was refused, in a sentence; empty when nothing was. */
export function refusedText({ files, hosts, programs, thefts }: Attempts): string {
  const said = [
    ...programs.map((name) => `the program ${name}`),
    ...files.map(({ path, write }) => `${write ? 'to write' : 'to read'} ${path}`),
    ...hosts.map((host) => `the host ${host}`),
    ...thefts.map((what) => `${what}, which is never given`),
  ];
  return said.length === 0 ? '' : `it was refused: ${said.slice(0, 8).join('; ')}`;
}
