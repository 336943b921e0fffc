import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Attempts, type Clock, type Confinement, reasonOf, VsmError } from '@vsmcp/vsm';
import { connect, connectOver } from './client/connection.js';
import { headersOf, linkTo } from './client/remote/link-to.js';
import { allowedOf } from './egress/addresses.js';
import { openEgressPolicy } from './egress/dial.js';
import { openEgress, type WatchDial } from './egress/egress.js';
import { openInstaller, sweepStaging } from './install/installer.js';
import { findNpm } from './install/npm-cli.js';
import type { McpLog } from './log.js';
import { openSandbox } from './sandbox/sandbox.js';
import { refusedText } from './sandbox/trace.js';
import { valuesOf } from './sandbox/values.js';
import type { ServerLauncher } from './server-launcher.js';

export interface HostOptions {
  /**
   * Where installed servers and npm's cache live: `<dataDir>/servers`, `<dataDir>/npm-cache`. Several processes may
   * share it.
   */
  dataDir: string;
  log: McpLog;
  clock: Clock;
  /** npm's npm-cli.js; found beside node when not given. */
  npm?: string;
  /** Use this rung instead of the strongest that holds here. */
  confinement?: Confinement;
  /** `policy.private`: places inside where servers with a url, and hosts that servers may egress, may be. */
  private?: readonly string[];
  /** Bytes that each server may have in its own folder; 1 GiB when not given. */
  disk?: number;
  /** Around each connection that a server wants to a host. */
  watchDial?: WatchDial;
}

/**
 * Opens what installs and starts servers, and finds out by trying how well this machine confines. Rejects with
 * VSM_INSTALL without npm, VSM_SANDBOX when `confinement` cannot be had, VSM_CONFIG when `private` is malformed.
 */
export async function openMcpHost(options: HostOptions): Promise<ServerLauncher> {
  const { log, clock } = options;
  await mkdir(options.dataDir, { recursive: true });
  const dataDir = await realpath(options.dataDir);
  const installer = openInstaller({ dataDir, npm: options.npm ?? findNpm(), log, clock });
  const [sandbox] = await Promise.all([
    openSandbox(dataDir, {
      clock,
      ...(options.confinement && { wanted: options.confinement }),
      ...(options.disk !== undefined && { disk: options.disk }),
    }),
    sweepStaging(dataDir, clock),
  ]);
  const egress = openEgressPolicy(allowedOf(options.private ?? []));
  const way = { policy: egress, log, watch: options.watchDial ?? ((_, dial) => dial()) };
  log.info({ confinement: sandbox.best, rungs: sandbox.rungs }, 'servers are confined');
  return {
    installer,
    sandbox,
    async scratch(within) {
      await mkdir(within, { recursive: true });
      const folder = await mkdtemp(join(within, 'trial-'));
      return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
    },
    async start(spec, { folder, home, grants, deadline, signal, pin, record }) {
      const values = valuesOf(spec, process.env);
      const installed = await installer.install(spec.npm, signal, pin);
      await mkdir(resolve(folder), { recursive: true });
      const own = await realpath(folder);
      const name = installed.package;
      // who has the network needs no way out
      const egress =
        grants.network || grants.hosts.length === 0 ? undefined : await openEgress(name, grants.hosts, way);
      let tried: Attempts | undefined;
      const told = (attempts: Attempts) => {
        tried = attempts;
        record?.(attempts);
      };
      const to = {
        folder: own,
        home: resolve(home),
        grants,
        ...(egress && { egress: egress.socket }),
        ...(record && { record: told }),
      };
      const command = await sandbox.confine(installed, values, to).catch(async (error: unknown) => {
        await egress?.close();
        throw error;
      });
      const release = async () => {
        for (const each of await Promise.allSettled([egress?.close(), command.release()])) {
          if (each.status === 'fulfilled') continue;
          log.warn({ server: name, reason: reasonOf(each.reason) }, 'something of a server that is gone is left');
        }
      };
      const about = { name, confinement: sandbox.reached, deadline, clock, log, ...(signal && { signal }) };
      const connection = await connect({ ...command, release }, about).catch((error: unknown) => {
        const refused = tried === undefined ? '' : refusedText(tried);
        if (refused === '' || !(error instanceof VsmError)) throw error;
        throw new VsmError(error.code, `${error.message}; ${refused}`, { cause: error });
      });
      return { installed, connection };
    },
    async dial(spec, { deadline, signal }) {
      const url = new URL(spec.url);
      const link = linkTo(url, headersOf(spec, process.env), egress, clock);
      return connectOver(link, { name: url.host, deadline, clock, log, ...(signal && { signal }) });
    },
  };
}
