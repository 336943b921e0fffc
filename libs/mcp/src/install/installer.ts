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
 * Installs servers below `<dataDir>/servers`: npm works in a staging folder, which is then renamed to the hash of its
 * lock. A rename is all there is of locking: of several processes that install the same, one wins and the others use
 * its folder.
 */
export function openInstaller(options: InstallerOptions): Installer {
  const store = new Store(options);
  const running = new Map<string, Promise<Installed>>();
  return {
    install(npm, signal, pin) {
      // two that want the same in one process share the work, unless one brings its own cancellation or pin
      if (signal || pin) return store.install(npm, signal, pin);
      const shared = running.get(npm) ?? store.install(npm).finally(() => running.delete(npm));
      running.set(npm, shared);
      return shared;
    },
    uninstall: (keep) => uninstall({ root: store.root, keep, clock: options.clock, log: options.log }),
  };
}

interface InstallerOptions {
  dataDir: string;
  npm: string;
  log: McpLog;
  clock: Clock;
}

/** The servers below a data folder. */
class Store {
  readonly root: string;
  readonly #options: InstallerOptions;

  constructor(options: InstallerOptions) {
    this.root = join(options.dataDir, 'servers');
    this.#options = options;
  }

  async install(npm: string, signal?: AbortSignal, pin?: Pin): Promise<Installed> {
    const { name, version } = parseSpec(npm);
    const started = this.#options.clock.now();
    const record = (await this.#recorded(npm)) ?? (await this.#fetch(npm, name, version, signal));
    if (record.integrity !== (pin?.integrity ?? record.integrity) || record.lock !== (pin?.lock ?? record.lock)) {
      throw new VsmError(
        'VSM_INSTALL',
        `${npm} is not what was approved: ${record.integrity} (${record.lock}), approved ${pin?.integrity ?? ''} (${pin?.lock ?? 'any lock'}); approve it again or remove it`,
      );
    }
    const folder = join(this.root, record.folder);
    const facts = await readPackage(folder, name);
    const { integrity, lock } = record;
    return { package: name, version, folder, ...facts, integrity, lock, took: this.#options.clock.now() - started };
  }

  /** The record of an earlier installation, when its folder is as it was then. */
  async #recorded(npm: string): Promise<Record | undefined> {
    const record = await readRecord(recordPath(this.root, npm));
    if (!record) return undefined;
    const why = await this.#changed(record);
    if (why === undefined) {
      // so that it counts as used, see `uninstall`
      const now = new Date(this.#options.clock.now());
      await utimes(recordPath(this.root, npm), now, now).catch(gone);
      return record;
    }
    this.#options.log.warn(
      { npm, folder: record.folder, why },
      'an installed server is not as it was installed; installing it anew',
    );
    await this.#discard(join(this.root, record.folder));
    return undefined;
  }

  async #changed(record: Record): Promise<string | undefined> {
    try {
      const tree = await hashTree(join(this.root, record.folder), record.package);
      return tree === record.tree ? undefined : 'its files changed';
    } catch (error) {
      return reasonOf(error);
    }
  }

  async #fetch(npm: string, name: string, version: string, signal?: AbortSignal): Promise<Record> {
    const staging = join(this.root, '.staging', randomUUID());
    await mkdir(staging, { recursive: true });
    try {
      // one name for all, since npm writes the folder's own name into the lock
      const manifest = { name: 'vsmcp-server', version: '0.0.0', private: true, dependencies: { [name]: version } };
      await writeFile(join(staging, 'package.json'), `${JSON.stringify(manifest)}\n`);
      await runNpm({
        npm,
        cli: this.#options.npm,
        cwd: staging,
        cache: join(this.#options.dataDir, 'npm-cache'),
        signal,
      });
      const facts = readLock(await readFile(join(staging, 'package-lock.json'), 'utf8'), name, version);
      await readPackage(staging, name);
      const folder = facts.lock.slice('sha256-'.length).slice(0, 32);
      const tree = await hashTree(staging, name);
      const record: Record = { package: name, version, folder, ...facts, tree };
      await writeFile(join(staging, RECORD), JSON.stringify(record));
      return await this.#settle(npm, staging, record);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  /** Makes the staging folder the one to use, unless another process was first. */
  async #settle(npm: string, staging: string, record: Record): Promise<Record> {
    const target = join(this.root, record.folder);
    let kept = record;
    if (!(await renamed(staging, target))) {
      const theirs = await readRecord(join(target, RECORD));
      if (theirs && theirs.integrity === record.integrity && (await this.#changed(theirs)) === undefined) kept = theirs;
      else {
        await this.#discard(target);
        if (!(await renamed(staging, target)))
          throw new VsmError('VSM_INSTALL', `${npm}: ${target} is in the way; remove it`);
      }
    }
    await mkdir(join(this.root, 'by-name'), { recursive: true });
    await writeWhole(recordPath(this.root, npm), JSON.stringify(kept));
    this.#options.log.info({ npm, integrity: kept.integrity, lock: kept.lock }, 'installed a server');
    return kept;
  }

  /** Moved aside first, so that no one finds half of it. */
  async #discard(folder: string): Promise<void> {
    const aside = join(this.root, '.staging', randomUUID());
    await mkdir(join(this.root, '.staging'), { recursive: true });
    if (await renamed(folder, aside)) await rm(aside, { recursive: true, force: true });
  }
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

/** True when a server was installed below `dataDir` before; then it starts without the network. */
export async function isInstalled(dataDir: string, npm: string): Promise<boolean> {
  return (await readRecord(recordPath(join(dataDir, 'servers'), npm))) !== undefined;
}
