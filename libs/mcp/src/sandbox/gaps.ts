import type { Confinement } from '@vsmcp/vsm';
import { PROCESSES } from './limits.js';

/** What a server may be held back from, in the words for it where it is not. */
const WORDS = {
  files: 'files of this user',
  network: 'the network, with what listens on this machine',
  hosts: 'the hosts that it may reach: who has some has the network',
  programs: 'the programs that it may run: they are held back from nothing',
  sockets: 'sockets in the file system',
  processes: 'other processes of this user: what they are called and their environment',
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

/** What was found by trying at a rung on this machine. */
export interface Tried {
  read: boolean;
  write: boolean;
  loopback: boolean;
  socket: boolean;
  /** It saw a process of the fleet. */
  process: boolean;
  /** Whether something binds the number of its processes exactly. */
  bound: boolean;
  /** Whether the kernel tells which processes are its own. */
  counted: boolean;
  /** Whether limits of memory, files and CPU are set. */
  limits: boolean;
}

/** What a rung does not hold a server back from here. */
export function gapsOf(rung: Confinement, tried: Tried): Gap[] {
  const own = rung === 'bubblewrap' || rung === 'namespace';
  const open: Record<Gap, boolean> = {
    files: tried.read || tried.write,
    network: tried.loopback,
    hosts: !own,
    programs: !own,
    sockets: tried.socket,
    processes: tried.process,
    forks: !tried.bound && tried.counted,
    uncounted: !tried.counted,
    strays: !own && !tried.bound,
    limits: !tried.limits,
    granted: true,
    bursts: true,
    kernel: true,
  };
  return GAPS.filter((gap) => open[gap]);
}

const isGap = (text: string): text is Gap => text in WORDS;
const GAPS = Object.keys(WORDS).filter(isGap);

/** For people who choose a rung. */
export const inWords = (gap: Gap): string => WORDS[gap];
