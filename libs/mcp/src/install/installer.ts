import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, reasonOf, VsmError } from '@vsmcp/vsm';
import { renamed, writeWhole } from '../files.js';
import type { McpLog } from '../log.js';
import type { Installed, Installer, Pin } from '../server-launcher.js';
import { readLock } from './lock.js';
import { runNpm } from './npm.js';
import { parseSpec, readPackage } from './package.js';
import { gone, type Record, readRecord, recordPath } from './records.js';
import { hashTree, RECORD } from './tree.js';
import { uninstall } from './uninstall.js';

/** ms after which a staging folder is what a dead process left. */
const STALE = 3_600_000;

/**
 * Installs servers below `<dataDir>/servers`: npm works in a staging folder, which is then renamed to the hash of its lock. A
 * rename is all there is of locking: of several processes that install the same, one wins and the others use its folder.
 */
export function openInstaller(options: { dataDir: string; npm: string; log: McpLog; clock: Clock }): Installer {
  const { log, clock } = options;
  const root = join(options.dataDir, 'servers');
  const running = new Map<string, Promise<Installed>>();

  async function install(npm: string, signal?: AbortSignal, pin?: Pin): Promise<Installed> {
    const { name, version } = parseSpec(npm);
    const started = clock.now();
    const record = (await recorded(npm)) ?? (await fetch(npm, name, version, signal));
    if (record.integrity !== (pin?.integrity ?? record.integrity) || record.lock !== (pin?.lock ?? record.lock)) {
      throw new VsmError(
        'VSM_INSTALL',
        `${npm} is not what was approved: ${record.integrity} (${record.lock}), approved ${pin?.integrity ?? ''} (${pin?.lock ?? 'any lock'}); approve it again or remove it`,
      );
    }
    const folder = join(root, record.folder);
    const facts = await readPackage(folder, name);
    const { integrity, lock } = record;
    return { package: name, version, folder, ...facts, integrity, lock, took: clock.now() - started };
  }

  /** The record of an earlier installation, when its folder is as it was then. */
  async function recorded(npm: string): Promise<Record | undefined> {
    const record = await readRecord(recordPath(root, npm));
    if (!record) return undefined;
    const why = await changed(record);
    if (why === undefined) {
      // so that it counts as used, see `uninstall`
      const now = new Date(clock.now());
      await utimes(recordPath(root, npm), now, now).catch(gone);
      return record;
    }
    log.warn({ npm, folder: record.folder, why }, 'an installed server is not as it was installed; installing it anew');
    await discard(join(root, record.folder));
    return undefined;
  }

  async function changed(record: Record): Promise<string | undefined> {
    try {
      const tree = await hashTree(join(root, record.folder), record.package);
      return tree === record.tree ? undefined : 'its files changed';
    } catch (error) {
      return reasonOf(error);
    }
  }

  async function fetch(npm: string, name: string, version: string, signal?: AbortSignal): Promise<Record> {
    const staging = join(root, '.staging', randomUUID());
    await mkdir(staging, { recursive: true });
    try {
      // one name for all, since npm writes the folder's own name into the lock
      const manifest = { name: 'vsmcp-server', version: '0.0.0', private: true, dependencies: { [name]: version } };
      await writeFile(join(staging, 'package.json'), `${JSON.stringify(manifest)}\n`);
      await runNpm({ npm, cli: options.npm, cwd: staging, cache: join(options.dataDir, 'npm-cache'), signal });
      const facts = readLock(await readFile(join(staging, 'package-lock.json'), 'utf8'), name, version);
      await readPackage(staging, name);
      const folder = facts.lock.slice('sha256-'.length).slice(0, 32);
      const tree = await hashTree(staging, name);
      const record: Record = { package: name, version, folder, ...facts, tree };
      await writeFile(join(staging, RECORD), JSON.stringify(record));
      return await settle(npm, staging, record);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  /** Makes the staging folder the one to use, unless another process was first. */
  async function settle(npm: string, staging: string, record: Record): Promise<Record> {
    const target = join(root, record.folder);
    let kept = record;
    if (!(await renamed(staging, target))) {
      const theirs = await readRecord(join(target, RECORD));
      if (theirs && theirs.integrity === record.integrity && (await changed(theirs)) === undefined) kept = theirs;
      else {
        await discard(target);
        if (!(await renamed(staging, target)))
          throw new VsmError('VSM_INSTALL', `${npm}: ${target} is in the way; remove it`);
      }
    }
    await mkdir(join(root, 'by-name'), { recursive: true });
    await writeWhole(recordPath(root, npm), JSON.stringify(kept));
    log.info({ npm, integrity: kept.integrity, lock: kept.lock }, 'installed a server');
    return kept;
  }

  /** Moved aside first, so that no one finds half of it. */
  async function discard(folder: string): Promise<void> {
    const aside = join(root, '.staging', randomUUID());
    await mkdir(join(root, '.staging'), { recursive: true });
    if (await renamed(folder, aside)) await rm(aside, { recursive: true, force: true });
  }

  return {
    install(npm, signal, pin) {
      // two that want the same in one process share the work, unless one brings its own cancellation or pin
      if (signal || pin) return install(npm, signal, pin);
      const shared = running.get(npm) ?? install(npm).finally(() => running.delete(npm));
      running.set(npm, shared);
      return shared;
    },
    uninstall: (keep) => uninstall({ root, keep, clock, log }),
  };
}

/** Removes what dead processes left in `.staging`. */
export async function sweepStaging(dataDir: string, clock: Clock): Promise<void> {
  const staging = join(dataDir, 'servers', '.staging');
  await mkdir(staging, { recursive: true });
  for (const name of await readdir(staging)) {
    const path = join(staging, name);
    const found = await stat(path).catch(gone);
    if (found && clock.now() - found.mtimeMs > STALE) await rm(path, { recursive: true, force: true });
  }
}

/** Whether a server was installed below `dataDir` before; then it starts without the network. */
export async function isInstalled(dataDir: string, npm: string): Promise<boolean> {
  return (await readRecord(recordPath(join(dataDir, 'servers'), npm))) !== undefined;
}
