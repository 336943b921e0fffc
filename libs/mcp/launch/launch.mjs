// Becomes a command after steps that take system calls: `node launch.mjs STEPS FILE ARGUMENTS…`, where STEPS is JSON:
// `koffi` (folder), `owners` {namespace, readable, writable}, `filter` (file with a BPF program), `inherit` (highest
// file descriptor that the command gets). With ENVIRONMENT (JSON) in its environment, that is the command's: variables
// that a server declares may change what Node.js itself loads.
import { closeSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { cString, openSystemCalls } from './system-calls.mjs';

/** Of <fcntl.h>, <linux/mount.h>, <linux/prctl.h> and <linux/seccomp.h>. */
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const OPEN_TREE_CLONE = 1;
const MOVE_MOUNT_F_EMPTY_PATH = 4;
const MOUNT_ATTR_IDMAP = 0x100000n;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_FILTER_FLAG_TSYNC = 1;
const F_SETFD = 2;

const ENVIRONMENT = 'VSMCP_LAUNCH_ENVIRONMENT';

/**
 * Lays each place over itself with the owners of its files mapped. What is only read may stay as it is, if others may
 * read it.
 */
function mapOwners({ call, attempt }, { namespace, readable, writable }) {
  const users = openSync(namespace, 'r');
  // struct mount_attr: attr_set, attr_clr, propagation, userns_fd
  const attributes = Buffer.alloc(32);
  attributes.writeBigUInt64LE(MOUNT_ATTR_IDMAP, 0);
  attributes.writeBigUInt64LE(BigInt(users), 24);
  const nowhere = cString('');
  for (const place of [...readable, ...writable]) {
    const path = cString(realpathSync(place));
    const tree = call('open_tree', AT_FDCWD, path, OPEN_TREE_CLONE | AT_RECURSIVE);
    const refused = attempt(
      'mount_setattr',
      tree,
      nowhere,
      AT_EMPTY_PATH | AT_RECURSIVE,
      attributes,
      attributes.length,
    );
    if (refused === 0) call('move_mount', tree, nowhere, AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);
    else if (writable.includes(place))
      throw new Error(`the owners of ${place} cannot be mapped (error ${-refused}): move it to another file system`);
    closeSync(tree);
  }
  closeSync(users);
}

function filterCalls({ call, program }, instructions) {
  call('prctl', PR_SET_NO_NEW_PRIVS, 1);
  call('seccomp', SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, program(instructions));
}

function variables({ [ENVIRONMENT]: given, ...own }) {
  return Object.entries(given === undefined ? own : JSON.parse(given)).map(([name, value]) => `${name}=${value}`);
}

try {
  const [steps = '{}', file = '', ...args] = process.argv.slice(2);
  const { koffi, owners, filter, inherit = 2 } = JSON.parse(steps);
  const calls = openSystemCalls(koffi);
  if (owners !== undefined) mapOwners(calls, owners);
  const instructions = filter === undefined ? undefined : readFileSync(filter);
  // Node.js keeps all it was given from its children
  for (let fd = 0; fd <= inherit; fd++) calls.attempt('fcntl', fd, F_SETFD, 0);
  if (instructions !== undefined) filterCalls(calls, instructions);
  calls.become(file, args, variables(process.env));
} catch (error) {
  process.stderr.write(`it was not started: ${error.message}\n`);
  process.exitCode = 126;
}
