import type { Confiners, Launch } from './launch.js';

/** MB of JavaScript heap; past it node ends the server. Holds at every rung. */
export const HEAP = 512;
/**
 * Processes of a server: with its threads where a control group or RLIMIT_NPROC holds them, without where they are
 * counted.
 */
export const PROCESSES = 256;
/** Bytes of written private memory of one process, and of all processes of a server together. */
export const MEMORY = { one: 2 * 2 ** 30, all: 4 * 2 ** 30 };
/** Bytes of what each server has of /tmp and /dev/shm, in memory. */
export const TEMPORARY = 64 * 2 ** 20;

/**
 * Limits of each process of a server. Memory is bound by written private memory (`data`), since V8 reserves address
 * space in tens of GB that it never touches. `cpu` is in seconds of work, so a server that spins is ended after an hour
 * of it. `nproc` counts per user namespace, so it is only set where the server has one of its own; root's processes it
 * does not bind. No file is larger than all that the server may have.
 */
export function limited({ disk }: Pick<Launch, 'disk'>, confiners: Confiners, ownUsers: boolean): string[] {
  if (!confiners.prlimit) return [];
  const limits = ['--core=0', '--nofile=1024', `--fsize=${disk}`, `--data=${MEMORY.one}`, '--cpu=3600'];
  return [confiners.prlimit, ...limits, ...(ownUsers ? [`--nproc=${PROCESSES}`] : []), '--'];
}

/** Ends the server when the fleet's process is killed, and bars it from gaining rights through setuid programs. */
export function tied(confiners: Confiners): string[] {
  return confiners.setpriv ? [confiners.setpriv, '--pdeathsig', 'KILL', '--no-new-privs', '--'] : [];
}
