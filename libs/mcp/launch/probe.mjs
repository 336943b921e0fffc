// Tries, inside, what a confined server must not be able to do, and prints how it went: what got through is true.
// `node probe.mjs KOFFI SECRET OTHER SOCKET PORT PID BORN`
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { cString, openSystemCalls } from './system-calls.mjs';

const [koffi, secret, other, socket, port, pid, born] = process.argv.slice(2);

/** Of <linux/prctl.h>, <linux/keyctl.h>, <linux/ptrace.h>, <linux/sched.h>. */
const PR_CAPBSET_READ = 23;
const PR_GET_NO_NEW_PRIVS = 39;
const KEYCTL_GET_KEYRING_ID = 0;
const SESSION_KEYRING = -3;
const PTRACE_PEEKTEXT = 1;
const USER_MODE_ONLY = 1;
const CLONE_NEWUSER = 0x10000000;
/** Of <errno.h>. */
const REFUSALS = new Set([-1, -13, -38]);

const can = (attempt) => {
  try {
    return attempt() !== false;
  } catch {
    return false;
  }
};

const reach = (...to) =>
  new Promise((done) => {
    if (!can(() => connect(...to, () => done(true)).on('error', () => done(false)))) done(false);
  });

/** Arguments with which nothing comes of a call that is let through. */
const HARMLESS = {
  bpf: [0, 0, 0],
  io_uring: ['io_uring_setup', 0, 0],
  keyctl: [KEYCTL_GET_KEYRING_ID, SESSION_KEYRING, 0],
  ptrace: [PTRACE_PEEKTEXT, 0, 0, 0],
  perf: ['perf_event_open', 0, 0, -1, -1, 0],
  userfaultfd: [USER_MODE_ONLY],
  mount: [0, 0, 0, 0, 0],
  userns: ['unshare', CLONE_NEWUSER],
  kexec: ['kexec_load', 0, 0, 0, 0],
  modules: ['finit_module', -1, cString(''), 0],
};

/** Where the addon itself is refused, no call can be made. */
function calling() {
  const none = Object.fromEntries(Object.keys(HARMLESS).map((name) => [name, false]));
  if (!can(() => openSystemCalls(koffi))) return { ...none, capabilities: false, privileges: false };
  const { attempt } = openSystemCalls(koffi);
  const through = Object.entries(HARMLESS).map(([name, given]) => {
    const [call, ...args] = typeof given[0] === 'string' ? given : [name, ...given];
    return [name, !REFUSALS.has(attempt(call, ...args))];
  });
  const capabilities = Array.from({ length: 41 }, (_, n) => attempt('prctl', PR_CAPBSET_READ, n)).includes(1);
  return { ...Object.fromEntries(through), capabilities, privileges: attempt('prctl', PR_GET_NO_NEW_PRIVS) === 0 };
}

/** The user it is in the users above its own, as their map says. */
function outside() {
  const id = process.getuid?.() ?? -1;
  if (!can(() => readFileSync('/proc/self/uid_map'))) return undefined;
  for (const line of readFileSync('/proc/self/uid_map', 'utf8').split('\n')) {
    const [inside, out, count] = line.trim().split(/\s+/).map(Number);
    if (id >= inside && id < inside + count) return out + id - inside;
  }
  return undefined;
}

const found = {
  read: can(() => readFileSync(secret)),
  process: can(() => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').includes(born)),
  settings: can(() => closeSync(openSync('/proc/sys/kernel/hostname', 'r+'))),
  own: can(() => writeFileSync('own-file', '')),
  ...(outside() === undefined ? {} : { outside: outside() }),
  ...calling(),
};
can(() => writeFileSync(other, ''));
const [loopback, reached] = await Promise.all([reach(Number(port), '127.0.0.1'), reach(socket)]);
console.log(JSON.stringify({ ...found, loopback, socket: reached }));
process.exit(0);
