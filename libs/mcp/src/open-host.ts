import { mkdir, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Clock, Confinement } from '@vsmcp/vsm';
import { connect } from './client/connection.js';
import type { McpHost } from './host.js';
import { openInstaller, sweepStaging } from './install/installer.js';
import { findNpm } from './install/npm-cli.js';
import type { McpLog } from './log.js';
import { openSandbox } from './sandbox/sandbox.js';

export interface HostOptions {
  /** Where installed servers and npm's cache live: `<dataDir>/servers`, `<dataDir>/npm-cache`. Several processes may share it. */
  dataDir: string;
  log: McpLog;
  clock: Clock;
  /** npm's npm-cli.js; found beside node when not given. */
  npm?: string;
  /** Use this rung instead of the strongest that holds here. */
  confinement?: Confinement;
}

/**
 * Opens what installs and starts servers, and finds out by trying how well this machine confines. Rejects with VSM_INSTALL
 * without npm, VSM_SANDBOX when `confinement` cannot be had.
 */
export async function openMcpHost(options: HostOptions): Promise<McpHost> {
  const { log, clock } = options;
  await mkdir(options.dataDir, { recursive: true });
  const dataDir = await realpath(options.dataDir);
  const installer = openInstaller({ dataDir, npm: options.npm ?? findNpm(), log, clock });
  const [sandbox] = await Promise.all([openSandbox(dataDir, options.confinement), sweepStaging(dataDir, clock)]);
  log.info({ confinement: sandbox.best, rungs: sandbox.rungs }, 'servers are confined');
  return {
    installer,
    sandbox,
    async start(spec, { folder, home, grants, deadline, signal, pin }) {
      const installed = await installer.install(spec.npm, signal, pin);
      await mkdir(resolve(folder), { recursive: true });
      const own = await realpath(folder);
      const command = await sandbox.confine(installed, spec, { folder: own, home: resolve(home), grants });
      const connection = await connect(command, {
        name: installed.package,
        confinement: sandbox.best,
        deadline,
        clock,
        log,
        ...(signal && { signal }),
      });
      return { installed, connection };
    },
  };
}
