import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Errors of a process that is gone, or that is not ours. */
const nothing = (): string[] => [];

/** A process and all that descend from it, by number; only itself where the kernel does not tell. */
export async function familyOf(leader: number): Promise<number[]> {
  const family = [leader];
  // grows while it is walked
  for (const pid of family) {
    const threads = await readdir(`/proc/${pid}/task`).catch(nothing);
    for (const thread of threads) {
      const children = await readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '');
      family.push(...children.split(' ').filter(Boolean).map(Number));
    }
  }
  return family;
}

/** True where the kernel tells who descends from whom. */
export const canCount = (): boolean => existsSync(`/proc/self/task/${process.pid}/children`);

/** Bytes of memory that these processes have for themselves, in memory or swapped out (proc(5), `status`). */
export async function memoryOf(family: readonly number[]): Promise<number> {
  let kibibytes = 0;
  for (const pid of family) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    for (const [, amount] of status.matchAll(/^(?:RssAnon|VmSwap):\s+(\d+) kB$/gm)) kibibytes += Number(amount);
  }
  return kibibytes * 1024;
}

/** Bytes of files that were deleted and are still held open by these processes: they are in no folder any more. */
export async function deletedBytes(family: readonly number[]): Promise<number> {
  const seen = new Set<string>();
  let bytes = 0;
  for (const pid of family) {
    const folder = `/proc/${pid}/fd`;
    for (const name of await readdir(folder).catch(nothing)) {
      const file = await stat(join(folder, name)).catch(() => undefined);
      const id = `${file?.dev}:${file?.ino}`;
      if (!file?.isFile() || file.nlink > 0 || seen.has(id)) continue;
      seen.add(id);
      bytes += file.blocks * 512;
    }
  }
  return bytes;
}
