import { Confinement } from '@vsmcp/vsm';
import { PROCESSES } from './limits.js';

/** System calls that are tried, in the words for what they lead to. */
const CALLS = {
  bpf: 'programs of its own in the kernel (bpf)',
  io_uring: 'work that it gives to the kernel past the filter (io_uring)',
  keyctl: "the kernel's keys (keyctl)",
  ptrace: 'tracing processes (ptrace)',
  perf: 'counters of the processor (perf)',
  userfaultfd: 'holding up the kernel at its memory (userfaultfd)',
  mount: 'calls that mount',
  userns: 'users of its own, in which it has all rights (user namespaces)',
  kexec: 'another kernel (kexec)',
  modules: 'modules of the kernel',
} as const;

/** Things that a server may be held back from, in the words for where it is not. */
const WORDS = {
  files: 'files of this user',
  network: 'the network, with what listens on this machine',
  hosts: 'the hosts that it may reach: who has some has the network',
  programs: 'the programs that it may run: they are held back from nothing',
  sockets: 'sockets in the file system',
  processes: 'other processes of this user: what they are called and their environment',
  capabilities: 'rights of root (capabilities)',
  privileges: 'rights that programs give to who runs them (setuid)',
  root: "it runs as this machine's root, though without root's rights: what root may by its name alone, it may",
  settings: "the kernel's settings, under /proc/sys",
  ...CALLS,
  forks: `more than ${PROCESSES} processes for a second: they are counted, and the server is ended`,
  uncounted:
    'how many processes it starts, and the memory of them all: this machine does not tell who descends from whom',
  strays: 'processes that it leaves behind, where it may run programs: nobody counts or ends them',
  limits: 'memory beyond the JavaScript heap, open files, and CPU',
  granted: 'the disk that it may fill, and sockets, in folders that it was granted',
  bursts: 'what it writes to the disk, and what memory many processes take, between two looks, a second apart',
  kernel: 'flaws of the kernel itself',
} as const;

export type Gap = keyof typeof WORDS;
export type Call = keyof typeof CALLS;
const isCall = (text: string): text is Call => text in CALLS;

/** The system calls that are tried. */
export const TRIED_CALLS = Object.keys(CALLS).filter(isCall);

/** Findings of a trial at a rung on this machine. */
export interface Tried extends Record<Call, boolean> {
  read: boolean;
  write: boolean;
  loopback: boolean;
  socket: boolean;
  /** It saw a process of the fleet. */
  process: boolean;
  capabilities: boolean;
  /** Programs could give it rights. */
  privileges: boolean;
  /** It is root outside its own users. */
  root: boolean;
  settings: boolean;
  /** True when something binds the number of its processes exactly. */
  bound: boolean;
  /** True when the kernel tells which processes are its own. */
  counted: boolean;
  /** True when limits of memory, files and CPU are set. */
  limits: boolean;
}

/** Gaps of a rung here. */
export function gapsOf(rung: Confinement, tried: Tried): Gap[] {
  const own = rung === 'bubblewrap' || rung === 'namespace';
  const { capabilities, privileges, root, settings } = tried;
  const calls = TRIED_CALLS.filter((call) => tried[call]);
  const open: Partial<Record<Gap, boolean>> = {
    files: tried.read || tried.write,
    network: tried.loopback,
    hosts: !own,
    programs: !own,
    sockets: tried.socket,
    processes: tried.process,
    capabilities,
    privileges,
    root,
    settings,
    forks: !tried.bound && tried.counted,
    uncounted: !tried.counted,
    strays: !own && !tried.bound,
    limits: !tried.limits,
    granted: true,
    bursts: true,
    kernel: true,
  };
  return GAPS.filter((gap) => open[gap] === true || calls.some((call) => call === gap));
}

const isGap = (text: string): text is Gap => text in WORDS;
const GAPS = Object.keys(WORDS).filter(isGap);

const VIEW: readonly Gap[] = ['files', 'network', 'hosts', 'programs', 'sockets', 'processes'];
const RIGHTS: readonly Gap[] = ['capabilities', 'privileges', 'settings'];

/** The least that the name of a rung stands for where policy asks for it; what else a rung holds comes on top. */
const MEANS: Record<Confinement, readonly Gap[]> = {
  bubblewrap: [...VIEW, ...RIGHTS, 'root', ...TRIED_CALLS, 'limits'],
  namespace: [...VIEW, ...RIGHTS],
  permission: ['files'],
  none: [],
};

/** The strongest rung, not above its own, all of whose meaning was seen to hold. */
export function reachedBy(rung: Confinement, gaps: readonly Gap[]): Confinement {
  const ladder = Confinement.options.slice(Confinement.options.indexOf(rung));
  return ladder.find((name) => MEANS[name].every((gap) => !gaps.includes(gap))) ?? 'none';
}

/** For people who choose a rung. */
export const inWords = (gap: Gap): string => WORDS[gap];
