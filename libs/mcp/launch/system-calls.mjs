// System calls by name, which Node.js does not offer. Linux on x64 and arm64.
import { createRequire } from 'node:module';

/** Numbers of <asm/unistd_64.h> (x64) and <asm-generic/unistd.h> (arm64). */
const NUMBERS = {
  bpf: { x64: 321, arm64: 280 },
  chdir: { x64: 80, arm64: 49 },
  fcntl: { x64: 72, arm64: 25 },
  finit_module: { x64: 313, arm64: 273 },
  io_uring_setup: { x64: 425, arm64: 425 },
  kexec_load: { x64: 246, arm64: 104 },
  keyctl: { x64: 250, arm64: 219 },
  landlock_add_rule: { x64: 445, arm64: 445 },
  landlock_create_ruleset: { x64: 444, arm64: 444 },
  landlock_restrict_self: { x64: 446, arm64: 446 },
  mount: { x64: 165, arm64: 40 },
  mount_setattr: { x64: 442, arm64: 442 },
  move_mount: { x64: 429, arm64: 429 },
  open_tree: { x64: 428, arm64: 428 },
  perf_event_open: { x64: 298, arm64: 241 },
  prctl: { x64: 157, arm64: 167 },
  ptrace: { x64: 101, arm64: 117 },
  seccomp: { x64: 317, arm64: 277 },
  unshare: { x64: 272, arm64: 97 },
  userfaultfd: { x64: 323, arm64: 282 },
};

/**
 * @param {string} koffi folder of the package that calls C
 * @returns calls that give the result, or the negative error number (<errno.h>) as the kernel does; arguments are
 * integers and buffers
 */
export function openSystemCalls(koffi) {
  const { load, errno, address } = createRequire(import.meta.url)(koffi);
  const libc = load(null);
  const syscall = libc.func('long syscall(long, long, long, long, long, long)');
  const execve = libc.func('int execve(const char *, const char **, const char **)');
  const word = (argument) => (typeof argument === 'number' ? argument : address(argument));
  const number = (name) => {
    const found = NUMBERS[name]?.[process.arch];
    if (found === undefined) throw new Error(`${name} has no number on ${process.arch}`);
    return found;
  };
  const attempt = (name, ...given) => {
    const words = [0, 1, 2, 3, 4].map((n) => word(given[n] ?? 0));
    const result = syscall(number(name), ...words);
    return result === -1 ? -errno() : result;
  };
  return {
    attempt,
    /** The same, but throws. */
    call(name, ...given) {
      const result = attempt(name, ...given);
      if (result < 0) throw new Error(`${name} is refused (error ${-result})`);
      return result;
    },
    /** `struct sock_fprog`: how many instructions of eight bytes, and where. */
    program(instructions) {
      const described = Buffer.alloc(16);
      described.writeUInt16LE(instructions.length / 8, 0);
      described.writeBigUInt64LE(address(instructions), 8);
      return described;
    },
    /** Becomes another program; only comes back where that is refused. */
    become(path, args, environment) {
      execve(path, [path, ...args, null], [...environment, null]);
      throw new Error(`${path} cannot be run (error ${errno()})`);
    },
  };
}

export const cString = (text) => Buffer.from(`${text}\0`);
