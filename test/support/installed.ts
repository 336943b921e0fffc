import { execFile } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { openLog, realClock } from '@vsmcp/service';
import { openInstaller } from '../../libs/mcp/src/install/installer.js';
import { findNpm } from '../../libs/mcp/src/install/npm-cli.js';
import { recordPath } from '../../libs/mcp/src/install/records.js';
import { CACHE } from './cache.js';

/**
 * Puts servers into a fleet's data folder as if it had installed them before. @param packages such as `time-mcp@1.0.6`
 */
export async function putInstalled(dataDir: string, packages: readonly string[]): Promise<void> {
  const log = openLog('silent');
  const installer = openInstaller({ dataDir: CACHE, npm: findNpm(), log, clock: realClock });
  const root = join(dataDir, 'servers');
  await mkdir(join(root, 'by-name'), { recursive: true });
  for (const npm of packages) {
    const { folder } = await installer.install(npm);
    // the same files under another name: copying their bytes would take longer
    await promisify(execFile)('cp', ['-al', folder, join(root, basename(folder))]);
    await copyFile(recordPath(join(CACHE, 'servers'), npm), recordPath(root, npm));
  }
}
