import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, realpath } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { VsmError } from '@vsmcp/vsm';
import { codeOf } from './files.js';
import { within } from './sandbox/paths.js';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** A folder that is open, by its number, so that what its path leads to by then does not matter (proc(5)). */
const OPENED = '/proc/self/fd';

/** A folder that was reached without following a link, and stays what it is whatever becomes of its path. */
export interface Unlinked {
  /** A path of this process that leads into the folder itself. */
  readonly path: string;
  /** The open folder, for a process that inherits it. */
  readonly fd: number;
  /** A plain file in it that has no other name (hard link); rejects with VSM_SANDBOX for another. */
  file(name: string): Promise<FileHandle>;
  close(): Promise<void>;
}

/**
 * Opens a folder part by part, following no link below `home`, or below `/` where the folder lies elsewhere: a server
 * that may write above it could lead it to any place. Where the system has no /proc, as macOS, parts are opened by
 * their paths: the last part is no link then, and one above could be exchanged.
 * @param make parts that are missing are made
 * Rejects with VSM_SANDBOX for a link, else with the error of the file system.
 */
export async function openUnlinked(home: string, folder: string, make = false): Promise<Unlinked> {
  const base = await realpath(home);
  const named = resolve(home, folder);
  const start = [resolve(home), base].find((at) => within(named, at));
  const parts = relative(start ?? '/', named)
    .split('/')
    .filter((part) => part !== '');
  return descend(start === undefined ? '/' : base, parts, make);
}

/** The same from a folder that is open. */
export const openWithin = (from: Unlinked, folder: string): Promise<Unlinked> =>
  descend(from.path, folder.split('/').filter(Boolean), false);

async function descend(from: string, parts: readonly string[], make: boolean): Promise<Unlinked> {
  let reached = await open(from, constants.O_RDONLY | constants.O_DIRECTORY);
  let path = from;
  for (const part of parts) {
    const next = join(pathOf(reached, path), part);
    path = join(path, part);
    try {
      if (make) await mkdir(next).catch(unlessThere);
      const opened = await open(next, FOLDER);
      await reached.close();
      reached = opened;
    } catch (error) {
      await reached.close();
      throw linkRefused(error, path);
    }
  }
  const at = pathOf(reached, path);
  return { path: at, fd: reached.fd, file: (name) => plainFile(join(at, name), name), close: () => reached.close() };
}

const pathOf = (folder: FileHandle, path: string) => (existsSync(OPENED) ? `${OPENED}/${folder.fd}` : path);

function unlessThere(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}

/** ENOTDIR is said of a link too where a folder is wanted. */
function linkRefused(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code !== 'ELOOP' && code !== 'ENOTDIR') return error;
  const shown = path.replace(/^\/proc\/self\/fd\/\d+\//, '');
  return new VsmError('VSM_SANDBOX', `${code}: ${shown} is a link or no folder: name the folder that is meant`, {
    cause: error,
  });
}

async function plainFile(path: string, name: string): Promise<FileHandle> {
  const file = await open(path, FILE);
  const stats = await file.stat();
  if (stats.isFile() && stats.nlink === 1) return file;
  await file.close();
  const what = stats.isFile() ? 'has other names too (hard links)' : 'is no plain file';
  throw new VsmError('VSM_SANDBOX', `${name} ${what}: put a copy there`);
}
