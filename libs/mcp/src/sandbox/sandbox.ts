import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Confinement, type Grants, VsmError } from '@vsmcp/vsm';
import type { Installed, Sandbox } from '../host.js';
import { COMMANDS } from './commands.js';
import { environmentOf } from './environment.js';
import type { Command, Confiners } from './launch.js';
import { absolute, absoluteGrants, findProgram } from './paths.js';
import { probeRungs, refusesProc } from './probe.js';
import type { Values } from './values.js';

/** A command with all that the process gets. */
export interface Confined extends Command {
  cwd: string;
  env: Record<string, string>;
}

export interface Ladder extends Sandbox {
  /** Makes the command for a server, and its folder. Rejects with VSM_SANDBOX when a grant or variable cannot be given. */
  confine(
    installed: Pick<Installed, 'bin' | 'folder'>,
    values: Values,
    to: { folder: string; home: string; grants: Grants },
  ): Promise<Confined>;
}

/**
 * Tries all rungs. `wanted` fixes the rung instead of taking the strongest; rejects with VSM_SANDBOX when it does not hold here.
 */
export async function openSandbox(dataDir: string, wanted?: Confinement): Promise<Ladder> {
  const path = `${process.env.PATH ?? ''}:/usr/bin:/bin:/usr/sbin`;
  const confiners: Confiners = {};
  for (const name of ['bwrap', 'unshare', 'mount', 'sh', 'prlimit', 'setpriv'] as const) {
    const place = findProgram(name, path);
    if (place) confiners[name] = place;
  }
  if (confiners.bwrap && (await refusesProc(confiners.bwrap))) confiners.noProc = true;
  const root = join(dataDir, 'sandbox-root');
  await mkdir(root, { recursive: true });
  const rungs = await probeRungs(root, confiners);
  const found = rungs.find(({ rung, ok }) => ok && rung === (wanted ?? rung));
  if (!found) {
    const why = rungs.map((rung) => `${rung.rung}: ${rung.why ?? 'holds'}`).join('; ');
    throw new VsmError('VSM_SANDBOX', `${wanted ?? 'no'} confinement can be had on this machine (${why})`);
  }
  const best = found.rung;
  return {
    best,
    rungs,
    async confine(installed, values, { folder, home, grants }) {
      const { reads, writes } = await absoluteGrants(grants, home, dataDir);
      const temporary = join(folder, '.tmp');
      await mkdir(temporary, { recursive: true });
      const hidden = [...reads, ...writes].some(
        (path) => path !== dataDir && dataDir.startsWith(path.replace(/\/?$/, '/')),
      );
      const env = Object.fromEntries(
        Object.entries(values.env).map(([name, value]) => [name, absolute(value, grants, home)]),
      );
      const launch = {
        node: process.execPath,
        script: [installed.bin, ...values.args.map((value) => absolute(value, grants, home))],
        folder,
        code: [installed.folder],
        reads,
        writes,
        runs: grants.runs,
        network: grants.network,
        hide: hidden ? [dataDir] : [],
        root,
      };
      return {
        ...COMMANDS[best](launch, confiners),
        cwd: folder,
        env: environmentOf(env, { folder, temporary, runs: grants.runs }),
      };
    },
  };
}
