import { readFile } from 'node:fs/promises';
import { type Confinement, VsmError } from '@vsmcp/vsm';
import { run } from '../run.js';
import type { Rung } from '../server-launcher.js';
import { findsGroups } from './groups.js';
import type { Confiners } from './launch.js';
import { noLauncher } from './launcher.js';
import { openOwners } from './owners.js';
import { findProgram } from './paths.js';
import { probeRungs, refusesProc } from './probe.js';
import { filterFile } from './seccomp.js';

/** ms for a trial of a program. */
const TIMEOUT = 20_000;

/** The rungs that confine on this machine, found by trying. */
export interface Machine {
  confiners: Confiners;
  rungs: readonly Rung[];
  /** Control groups that bind the number of processes can be made. */
  groups: boolean;
}

let looked: Promise<Machine> | undefined;

/** The findings of the first `lookAtMachine` in this process. */
export function machineOnce(): Promise<Machine> {
  looked ??= lookAtMachine();
  return looked;
}

export async function lookAtMachine(): Promise<Machine> {
  const path = `${process.env.PATH ?? ''}:/usr/bin:/bin:/usr/sbin`;
  const confiners: Confiners = {};
  for (const name of ['bwrap', 'unshare', 'mount', 'sh', 'prlimit', 'setpriv', 'strace'] as const) {
    const place = findProgram(name, path);
    if (place) confiners[name] = place;
  }
  const [noProc, groups, bound] = await Promise.all([
    confiners.bwrap ? refusesProc(confiners.bwrap) : false,
    findsGroups(confiners.sh),
    bindsProcesses(confiners),
  ]);
  if (noProc) confiners.noProc = true;
  await prepare(confiners);
  return { confiners, groups, rungs: await probeRungs(confiners, { groups, bound }) };
}

/**
 * Means of the strongest rungs beside programs: a filter of system calls, and where the fleet is root a map of owners.
 */
async function prepare(confiners: Confiners): Promise<void> {
  const { arch } = process;
  const why = noLauncher();
  if (why !== undefined || (arch !== 'x64' && arch !== 'arm64')) confiners.unfiltered = why;
  else if (/^Seccomp:/m.test(await readFile('/proc/self/status', 'utf8').catch(() => ''))) {
    confiners.filter = await filterFile(arch);
  } else confiners.unfiltered = 'the kernel cannot filter system calls';
  if (why !== undefined || process.getuid?.() !== 0 || !confiners.unshare) return;
  const owners = await openOwners(confiners.unshare).catch(() => undefined);
  if (owners !== undefined) confiners.owners = owners;
}

/** The rung to use: the strongest that holds, or `wanted`. @throws VSM_SANDBOX when it cannot be had */
export function rungOf({ rungs }: Pick<Machine, 'rungs'>, wanted?: Confinement): Rung {
  const found = rungs.find(({ rung, ok }) => ok && rung === (wanted ?? rung));
  if (found) return found;
  const why = rungs.map((rung) => `${rung.rung}: ${rung.why ?? 'holds'}`).join('; ');
  throw new VsmError('VSM_SANDBOX', `${wanted ?? 'no'} confinement can be had on this machine (${why})`);
}

/**
 * True where RLIMIT_NPROC binds in a user namespace made here. The kernel lets root's processes past it, whatever they
 * are called inside.
 */
async function bindsProcesses({ bwrap, unshare, prlimit, sh }: Confiners): Promise<boolean> {
  if (!prlimit || !sh) return false;
  const fork = [prlimit, '--nproc=1', '--', sh, '-c', '(:)'];
  for (const [file, ...args] of [
    [unshare, '--user', '--map-root-user'],
    [bwrap, '--unshare-user', '--dev-bind', '/', '/', '--'],
  ]) {
    if (!file) continue;
    const within = (what: readonly string[]) => run(file, [...args.map(String), ...what], OPTIONS);
    if ((await within([sh, '-c', ':'])).code === 0) return (await within(fork)).code !== 0;
  }
  return false;
}
const OPTIONS = { cwd: '/', env: {}, timeout: TIMEOUT };
