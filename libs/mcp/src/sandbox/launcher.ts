import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launch } from './launch.js';

/** Beside `src` and `dist`. */
const FOLDER = realpathSync(fileURLToPath(new URL('../../launch', import.meta.url)));
const KOFFI = realpathSync(dirname(createRequire(import.meta.url).resolve('koffi')));
const ADDON = join(dirname(KOFFI), '@koromix', `koffi-${process.platform}-${process.arch}`);

/** All that the launcher and the probe read. */
export const LAUNCHER: readonly string[] = [FOLDER, KOFFI, ADDON];
/** The probe that tries, inside, the things that a server must not be able to do. */
export const PROBE = join(FOLDER, 'probe.mjs');

/** Why system calls cannot be made here; undefined when they can. */
export function noLauncher(): string | undefined {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch))
    return `system calls are known for Linux on x64 and arm64, and this is ${process.platform} on ${process.arch}`;
  return existsSync(ADDON) ? undefined : `koffi has no addon for this machine: install the dependencies again`;
}

/** The launcher that makes system calls before a command: see launch/launch.mjs. */
export interface Steps {
  owners?: { namespace: string; readable: readonly string[]; writable: readonly string[] };
  filter?: string;
  inherit?: number;
}

/** The beginning of a command line: what follows it is run after the steps. */
export const after = ({ node }: Pick<Launch, 'node'>, steps: Steps): string[] => [
  realpathSync(node),
  join(FOLDER, 'launch.mjs'),
  JSON.stringify({ koffi: KOFFI, ...steps }),
];

/** The means by which `probe.mjs` makes system calls. */
export const CALLER = KOFFI;

/**
 * The environment of a command that a launcher begins: what a server declares may change what the launcher's Node.js
 * loads.
 */
export const wrapped = (environment: Readonly<Record<string, string>>): Record<string, string> => ({
  PATH: environment.PATH ?? '',
  VSMCP_LAUNCH_ENVIRONMENT: JSON.stringify(environment),
});
