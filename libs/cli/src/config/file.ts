import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Environment } from '@vsmcp/service';
import { readText, reasonOf, VsmError } from '@vsmcp/vsm';

/**
 * The configuration that commands mean: the one that is named, VSMCP_CONFIG, or vsmcp.yaml in the fleet's folder. An
 * absolute path.
 */
export function configFileOf(named: string | undefined, env: Environment, cwd: string): string {
  if (named) return fileIn(resolve(cwd, named));
  if (env.VSMCP_CONFIG?.trim()) return fileIn(resolve(cwd, env.VSMCP_CONFIG));
  return resolve(cwd, env.VSMCP_HOME?.trim() || '.', 'vsmcp.yaml');
}

/** The configuration in a folder that is named in its place, as a container has it mounted. */
function fileIn(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'vsmcp.yaml') : path;
}

/** Its text; undefined when there is none. @throws VSM_CONFIG when it is there and cannot be read */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return readText(await readFile(file));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new VsmError('VSM_CONFIG', `${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
