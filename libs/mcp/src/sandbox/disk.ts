import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { VsmError } from '@vsmcp/vsm';

/** Bytes that any file or folder counts for at least, so that empty ones cannot be made without end. */
const LEAST = 4096;

/**
 * Bytes that a folder takes on the disk, each file once. Ends early when it is more than `enough`.
 * Rejects with VSM_SANDBOX where something in it cannot be looked at.
 */
export async function bytesIn(folder: string, enough: number): Promise<number> {
  const linked = new Set<number>();
  const left = [folder];
  let bytes = 0;
  for (let at = left.pop(); at !== undefined && bytes <= enough; at = left.pop()) {
    const path = at;
    const entries = await readdir(path, { withFileTypes: true }).catch(gone(path, []));
    for (const entry of entries) {
      const place = join(path, entry.name);
      if (entry.isDirectory()) left.push(place);
      const file = await lstat(place).catch(gone(place, undefined));
      if (file === undefined || linked.has(file.ino)) continue;
      if (file.nlink > 1 && !entry.isDirectory()) linked.add(file.ino);
      bytes += Math.max(file.blocks * 512, LEAST);
      if (bytes > enough) break;
    }
  }
  return bytes;
}

/** A file that is gone by now takes nothing. */
function gone<T>(path: string, nothing: T) {
  return (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return nothing;
    throw new VsmError('VSM_SANDBOX', `${path.slice(0, 200)} cannot be looked at (${error.code}): remove it`, {
      cause: error,
    });
  };
}

/** Why a server may have no more. */
export const fullReason = (folder: string, disk: number): string =>
  `what it wrote into ${folder} is more than ${sizeOf(disk)}; delete some of it, or raise settings.server_disk in vsmcp.yaml`;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1.5 GiB` */
export function sizeOf(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${UNITS[power]}`;
}
