import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Processors for which there is a filter. */
export type Processor = 'x64' | 'arm64';

/**
 * Numbers of system calls: <asm/unistd_64.h> for x64, <asm-generic/unistd.h> for arm64; undefined where one does not
 * exist.
 */
type Numbers = Record<Processor, number | undefined>;
const on = (x64: number | undefined, arm64: number | undefined = x64): Numbers => ({ x64, arm64 });

/**
 * Calls that no MCP server needs and by which most flaws of the kernel were reached, or that change the machine for
 * all.
 */
const REFUSED: Record<string, Numbers> = {
  bpf: on(321, 280),
  io_uring_setup: on(425),
  io_uring_enter: on(426),
  io_uring_register: on(427),
  add_key: on(248, 217),
  request_key: on(249, 218),
  keyctl: on(250, 219),
  ptrace: on(101, 117),
  process_vm_readv: on(310, 270),
  process_vm_writev: on(311, 271),
  process_madvise: on(440),
  pidfd_getfd: on(438),
  kcmp: on(312, 272),
  perf_event_open: on(298, 241),
  userfaultfd: on(323, 282),
  mount: on(165, 40),
  umount2: on(166, 39),
  pivot_root: on(155, 41),
  chroot: on(161, 51),
  open_tree: on(428),
  move_mount: on(429),
  fsopen: on(430),
  fsconfig: on(431),
  fsmount: on(432),
  fspick: on(433),
  mount_setattr: on(442),
  open_tree_attr: on(467),
  setns: on(308, 268),
  kexec_load: on(246, 104),
  kexec_file_load: on(320, 294),
  reboot: on(169, 142),
  init_module: on(175, 105),
  finit_module: on(313, 273),
  delete_module: on(176, 106),
  open_by_handle_at: on(304, 265),
  fanotify_init: on(300, 262),
  swapon: on(167, 224),
  swapoff: on(168, 225),
  acct: on(163, 89),
  quotactl: on(179, 60),
  quotactl_fd: on(443),
  syslog: on(103, 116),
  settimeofday: on(164, 170),
  clock_settime: on(227, 112),
  vhangup: on(153, 58),
  iopl: on(172, undefined),
  ioperm: on(173, undefined),
};
const UNSHARE = on(272, 97);
const CLONE = on(56, 220);
const CLONE3 = on(435);
const IOCTL = on(16, 29);

/**
 * CLONE_NEW* of <linux/sched.h>: mounts, control groups, names, messages, users, processes, network; and time, which
 * clone cannot.
 */
const NAMESPACES = 0x7e020000;
const TIME = 0x80;
/** Puts characters into a terminal as if somebody typed them: TIOCSTI and TIOCLINUX of <asm/ioctls.h>. */
const TYPING = [0x5412, 0x541c];

/** AUDIT_ARCH_* of <linux/audit.h>; x64's calls with this bit are of the x32 ABI. */
const ARCH: Record<Processor, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };
const X32 = 0x40000000;

/** Of <linux/bpf_common.h> and <linux/seccomp.h>. */
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const IF_ANY_BIT = 0x45;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const ERROR = 0x00050000;
const EPERM = 1;
const ENOSYS = 38;
/** Offsets in `struct seccomp_data`: the call's number, the ABI, and the low half of its first two arguments. */
const NUMBER = 0;
const ABI = 4;
const FIRST = 16;
const SECOND = 24;

type Instruction = [code: number, ifTrue: number, ifFalse: number, operand: number];

const refuse = (error: number): Instruction => [RETURN, 0, 0, ERROR | error];

/**
 * A seccomp filter, as `struct sock_filter`s: refuses the calls above with EPERM, and everything of a foreign ABI.
 * clone3 and io_uring say ENOSYS, on which programs take the older way: clone3's flags are out of a filter's sight.
 */
export function filterFor(processor: Processor): Buffer {
  const refused = Object.entries(REFUSED).flatMap(([name, numbers]): Instruction[] =>
    ifNumber(numbers[processor], [refuse(name.startsWith('io_uring') ? ENOSYS : EPERM)]),
  );
  const instructions: Instruction[] = [
    [LOAD, 0, 0, ABI],
    [IF_EQUAL, 1, 0, ARCH[processor]],
    refuse(EPERM),
    [LOAD, 0, 0, NUMBER],
    ...(processor === 'x64' ? ([[IF_AT_LEAST, 0, 1, X32], refuse(EPERM)] satisfies Instruction[]) : []),
    ...refused,
    ...ifNumber(CLONE3[processor], [refuse(ENOSYS)]),
    ...ifNumber(UNSHARE[processor], ifBits(FIRST, NAMESPACES | TIME)),
    ...ifNumber(CLONE[processor], ifBits(FIRST, NAMESPACES)),
    ...ifNumber(IOCTL[processor], [
      [LOAD, 0, 0, SECOND],
      ...TYPING.flatMap((request): Instruction[] => [[IF_EQUAL, 0, 1, request], refuse(EPERM)]),
      [RETURN, 0, 0, ALLOW],
    ]),
    [RETURN, 0, 0, ALLOW],
  ];
  return Buffer.concat(instructions.map(encoded));
}

/** For the call with this number, these instructions; for others, and where there is no such call, what follows. */
function ifNumber(number: number | undefined, then: readonly Instruction[]): Instruction[] {
  return number === undefined ? [] : [[IF_EQUAL, 0, then.length, number], ...then];
}

/** Refuses where an argument has any of the bits, else allows. */
function ifBits(argument: number, bits: number): Instruction[] {
  return [[LOAD, 0, 0, argument], [IF_ANY_BIT, 0, 1, bits], refuse(EPERM), [RETURN, 0, 0, ALLOW]];
}

function encoded([code, ifTrue, ifFalse, operand]: Instruction): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(operand >>> 0, 4);
  return bytes;
}

/** The filter in a file of this process, which goes with it. */
export async function filterFile(processor: Processor): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'vsmcp-filter-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'calls.bpf');
  // read by the fleet's user and, in the second rung, by nobody
  await writeFile(path, filterFor(processor), { mode: 0o444 });
  return path;
}
