import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Attempts, type Clock, type Confinement, type Grants, VsmError } from '@vsmcp/vsm';
import type { Installed, Sandbox } from '../server-launcher.js';
import { COMMANDS } from './commands.js';
import { bytesIn, fullReason } from './disk.js';
import { environmentOf } from './environment.js';
import { familyOf } from './family.js';
import { makeGroup } from './groups.js';
import type { Command } from './launch.js';
import { wrapped } from './launcher.js';
import { MEMORY } from './limits.js';
import { type Machine, machineOnce, rungOf } from './machine.js';
import { absolute, absoluteGrants } from './paths.js';
import { openRecording } from './record.js';
import type { Values } from './values.js';
import { watchServer } from './watch.js';

/** A command with all that the process gets, and what is looked after while it runs. */
export interface Confined extends Command {
  cwd: string;
  env: Record<string, string>;
  /**
   * Looks at what it does beyond what the kernel holds; calls `end` with the reason when that is too much. @returns
   * what ends it
   */
  watch(pid: number, end: (reason: string) => void): () => void;
  /** To be called when it is gone, or was not started. */
  release(): Promise<void>;
}

/** Told, when a server is gone, what it tried to reach and was refused. */
export type ToldAttempts = (attempts: Attempts) => void;

export interface SandboxOptions {
  clock: Clock;
  /** Use this rung instead of the strongest that holds here. */
  wanted?: Confinement;
  /** Bytes that each server may have in its own folder; 1 GiB when not given. */
  disk?: number;
  /** This machine's abilities, where they are known already. */
  machine?: Machine;
}

export interface Ladder extends Sandbox {
  /**
   * Makes the command for a server, and its folder; `egress` is the socket of its proxy. Rejects with VSM_SANDBOX when
   * a grant or variable cannot be given, or when its folder holds more than it may.
   */
  confine(
    installed: Pick<Installed, 'bin' | 'folder'>,
    values: Values,
    to: { folder: string; home: string; grants: Grants; egress?: string; record?: ToldAttempts },
  ): Promise<Confined>;
}

/** Tries all rungs, unless that was done. Rejects with VSM_SANDBOX when `wanted` does not hold here. */
export async function openSandbox(dataDir: string, options: SandboxOptions): Promise<Ladder> {
  const { clock, disk = 2 ** 30, machine = await machineOnce() } = options;
  const { confiners, rungs, groups } = machine;
  const chosen = rungOf(machine, options.wanted);
  const { rung: best, reached } = chosen;
  const root = join(dataDir, 'sandbox-root');
  await mkdir(root, { recursive: true });
  return {
    best,
    reached,
    rungs,
    async confine(installed, values, { folder, home, grants, egress, record }) {
      const { reads, writes } = await absoluteGrants(grants, home, dataDir);
      const temporary = join(folder, '.tmp');
      await mkdir(temporary, { recursive: true });
      if ((await bytesIn(folder, disk)) > disk) {
        throw new VsmError('VSM_SANDBOX', `it is not started: ${fullReason(folder, disk)}`);
      }
      const env = environmentOf(
        Object.fromEntries(Object.entries(values.env).map(([name, value]) => [name, absolute(value, grants, home)])),
        { folder, temporary, runs: grants.runs },
      );
      const launch = {
        node: process.execPath,
        script: [installed.bin, ...values.args.map((value) => absolute(value, grants, home))],
        folder,
        code: [installed.folder],
        reads,
        writes,
        ...(confiners.filter !== undefined && { filter: confiners.filter }),
        ...(chosen.owners === true && confiners.owners !== undefined && { owners: confiners.owners }),
        runs: grants.runs,
        network: grants.network,
        ...(egress !== undefined && { egress }),
        disk,
        hide: [...reads, ...writes].some((path) => isAround(path, dataDir)) ? [dataDir] : [],
        root,
      };
      const folders = [folder, installed.folder, ...reads, ...writes, ...(egress === undefined ? [] : [egress])];
      const recording =
        record && confiners.strace !== undefined
          ? await openRecording(confiners.strace, { bin: installed.bin, folder, folders, dataDir })
          : undefined;
      const plain = COMMANDS[best](launch, confiners);
      const command = recording?.around(plain) ?? plain;
      const group = groups && confiners.sh ? await makeGroup(confiners.sh) : undefined;
      return {
        ...(group?.around(command) ?? command),
        cwd: folder,
        env: 'owners' in launch ? wrapped(env) : env,
        watch(pid, end) {
          const members = group?.members ?? (() => familyOf(pid));
          return watchServer({ members, folder, disk, memory: MEMORY.all }, clock, end);
        },
        release: async () => {
          await group?.remove();
          if (recording) record?.(await recording.attempts());
        },
      };
    },
  };
}

/** True when a granted folder has the data folder inside, which is then hidden from the server. */
function isAround(folder: string, dataDir: string): boolean {
  return folder !== dataDir && dataDir.startsWith(folder.replace(/\/?$/, '/'));
}
