import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { VsmError } from '@vsmcp/vsm';
import { type Ran, run } from '../run.js';
import { COMMANDS } from './commands.js';
import { machineOnce, rungOf } from './machine.js';
import { findProgram } from './paths.js';

export interface ProgramRun {
  /** Its own folder: working directory, and all it may write. */
  folder: string;
  /** All its environment, beside PATH. */
  env: Readonly<Record<string, string>>;
  /** ms */
  timeout: number;
  /**
   * Folders that are open here and that it gets as file descriptors 3, 4, …: it sees nothing else of the machine but
   * programs.
   */
  inherit: readonly number[];
}

const PATH = '/usr/local/bin:/usr/bin:/bin';

/**
 * Runs a program of this machine for the fleet itself, confined as a server without grants is, at the strongest rung
 * that holds: for programs that look at what a server may have written. Where no rung holds programs, or has a /proc,
 * it runs with the bare environment alone. Rejects with VSM_SANDBOX when the program is missing.
 */
export async function runProgram(program: readonly string[], given: ProgramRun): Promise<Ran> {
  const [name = '', ...args] = program;
  const place = findProgram(name, `${process.env.PATH ?? ''}:${PATH}`);
  if (place === undefined) throw new VsmError('VSM_SANDBOX', `${name} is not on this machine: install it`);
  const machine = await machineOnce();
  const { confiners } = machine;
  const root = join(given.folder, '.root');
  await mkdir(root, { recursive: true });
  const launch = {
    node: process.execPath,
    script: [],
    program: [place, ...args],
    folder: given.folder,
    code: [],
    reads: [],
    writes: [],
    runs: [name],
    network: false,
    disk: 2 ** 24,
    hide: [],
    root,
    inherit: 2 + given.inherit.length,
    ...(confiners.filter !== undefined && { filter: confiners.filter }),
  };
  // without a /proc of its own nothing inside could name what it inherits
  const rung = confiners.noProc ? 'permission' : rungOf(machine).rung;
  const { file, args: words } = COMMANDS[rung](launch, confiners);
  const env = { PATH, LC_ALL: 'C.UTF-8', HOME: given.folder, ...given.env };
  return run(file, words, { cwd: given.folder, env, timeout: given.timeout, inherit: given.inherit });
}
