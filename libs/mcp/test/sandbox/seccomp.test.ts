import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterFor, type Processor } from '../../src/sandbox/seccomp.js';

interface Made {
  number: number;
  abi: number;
  args?: readonly number[];
}

/** The kernel's interpreter of such programs (Documentation/networking/filter.rst), as far as the filter uses it. */
function judged(program: Buffer, { number, abi, args = [] }: Made): number {
  const seen = Buffer.alloc(64);
  seen.writeUInt32LE(number, 0);
  seen.writeUInt32LE(abi, 4);
  for (const [n, argument] of args.entries()) seen.writeBigUInt64LE(BigInt(argument), 16 + 8 * n);
  let held = 0;
  for (let at = 0; at < program.length; at += 8) {
    const [code, operand] = [program.readUInt16LE(at), program.readUInt32LE(at + 4)];
    const jump = (yes: boolean) => {
      at += 8 * program.readUInt8(at + (yes ? 2 : 3));
    };
    if (code === 0x20) held = seen.readUInt32LE(operand);
    else if (code === 0x15) jump(held === operand);
    else if (code === 0x35) jump(held >= operand);
    else if (code === 0x45) jump((held & operand) !== 0);
    else if (code === 0x06) return operand;
    else assert.fail(`an instruction ${code}`);
  }
  return assert.fail('the program ends without a word');
}

const ABIS: Record<Processor, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };
const ALLOW = 0x7fff0000;
const EPERM = 0x50001;
const ENOSYS = 0x50026;

/** Name, number on x64 and on arm64, answer, arguments. */
const CASES: [name: string, x64: number, arm64: number, answer: number, ...args: number[]][] = [
  ['bpf', 321, 280, EPERM],
  ['io_uring_setup', 425, 425, ENOSYS],
  ['keyctl', 250, 219, EPERM],
  ['ptrace', 101, 117, EPERM],
  ['perf_event_open', 298, 241, EPERM],
  ['userfaultfd', 323, 282, EPERM],
  ['mount', 165, 40, EPERM],
  ['move_mount', 429, 429, EPERM],
  ['unshare of users', 272, 97, EPERM, 0x10000000],
  ['unshare of files', 272, 97, ALLOW, 0x400],
  ['clone with users', 56, 220, EPERM, 0x10000011],
  ['clone of a thread', 56, 220, ALLOW, 0x3d0f00],
  ['clone3', 435, 435, ENOSYS],
  ['setns', 308, 268, EPERM],
  ['kexec_load', 246, 104, EPERM],
  ['kexec_file_load', 320, 294, EPERM],
  ['init_module', 175, 105, EPERM],
  ['finit_module', 313, 273, EPERM],
  ['delete_module', 176, 106, EPERM],
  ['ioctl that types', 16, 29, EPERM, 0, 0x5412],
  ['ioctl of a window', 16, 29, ALLOW, 0, 0x5413],
  ['read', 0, 63, ALLOW],
  ['openat', 257, 56, ALLOW],
  ['execve', 59, 221, ALLOW],
  ['seccomp', 317, 277, ALLOW],
  ['landlock_restrict_self', 446, 446, ALLOW],
];

for (const processor of ['x64', 'arm64'] as const) {
  const program = filterFor(processor);
  for (const [name, x64, arm64, answer, ...args] of CASES)
    test(`${processor}: ${name}`, () => {
      const number = processor === 'x64' ? x64 : arm64;
      assert.equal(judged(program, { number, abi: ABIS[processor], args }), answer);
    });

  test(`${processor}: calls of another ABI are refused`, () => {
    const other = processor === 'x64' ? 0x40000003 : ABIS.x64;
    assert.equal(judged(program, { number: 3, abi: other }), EPERM);
  });
}

test('x64: calls of the x32 ABI are refused', () => {
  assert.equal(judged(filterFor('x64'), { number: 0x40000000 + 1, abi: ABIS.x64 }), EPERM);
});
