import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@vsmcp/vsm';
import { renamed } from '../files.js';
import type { McpLog } from '../log.js';
import { gone, readRecord } from './records.js';

/**
 * ms that what nobody uses any more is kept: long enough to roll back, and for other processes that share the folder.
 */
const GRACE = 7 * 86_400_000;

/**
 * Removes installed servers that nobody keeps and that were not started for a week. What a server wrote into its own
 * folder is not touched.
 * @param keep `package@version` of those that the fleet has, runs or could roll back to
 * @returns what was removed, `package@version`
 */
export async function uninstall(options: {
  root: string;
  keep: ReadonlySet<string>;
  clock: Clock;
  log: McpLog;
}): Promise<string[]> {
  const { root, keep, clock, log } = options;
  const isOld = async (path: string) => {
    const found = await stat(path).catch(gone);
    return found !== undefined && clock.now() - found.mtimeMs > GRACE;
  };
  const removed: string[] = [];
  const used = new Set<string>();
  for (const file of (await readdir(join(root, 'by-name')).catch(gone)) ?? []) {
    const path = join(root, 'by-name', file);
    const record = await readRecord(path);
    if (!record) continue;
    const npm = `${record.package}@${record.version}`;
    if (keep.has(npm) || !(await isOld(path))) used.add(record.folder);
    else {
      await rm(path, { force: true });
      removed.push(npm);
    }
  }
  for (const folder of (await readdir(root).catch(gone)) ?? []) {
    // a folder that has no record yet is one that was installed this moment
    if (!/^[0-9a-f]{32}$/.test(folder) || used.has(folder) || !(await isOld(join(root, folder)))) continue;
    const aside = join(root, '.staging', randomUUID());
    await mkdir(join(root, '.staging'), { recursive: true });
    if (await renamed(join(root, folder), aside)) await rm(aside, { recursive: true, force: true });
  }
  if (removed.length > 0) log.info({ removed }, 'servers that nobody uses were uninstalled');
  return removed;
}
