import { realpathSync, statSync } from 'node:fs';
import { VsmError } from '@vsmcp/vsm';
import type { Launch } from './launch.js';
import { HEAP } from './limits.js';
import { both } from './paths.js';
import { PRELOADED, preloadFor } from './preload.js';

const QUIET = ['--disable-warning=ExperimentalWarning', '--disable-warning=SecurityWarning'];

export const nodeFlags = ({ egress }: Launch): string[] => [
  `--max-old-space-size=${HEAP}`,
  ...(egress === undefined ? [] : ['--import', preloadFor(egress)]),
];

/** The command run in the end: node with the server, or a program. */
export const mainOf = (launch: Launch, flags: readonly string[] = []): readonly string[] =>
  launch.program ?? [realpathSync(launch.node), ...nodeFlags(launch), ...flags, ...launch.script];

/**
 * Node's permission flags for a server: reads and writes by path, no workers, no addons, no child processes. A server
 * that may start programs gets both children and workers, for its children are not held by the flag anyway.
 */
export function permissionFlags(launch: Launch): string[] {
  const known = process.allowedNodeEnvironmentFlags;
  return [
    known.has('--permission') ? '--permission' : '--experimental-permission',
    ...QUIET,
    ...(launch.egress === undefined ? [] : [...PRELOADED, launch.egress].map((p) => `--allow-fs-read=${covering(p)}`)),
    ...[...launch.code, ...launch.reads, ...launch.writes, launch.folder]
      .flatMap(both)
      .map((p) => `--allow-fs-read=${covering(p)}`),
    ...[...launch.writes, launch.folder].flatMap(both).map((p) => `--allow-fs-write=${covering(p)}`),
    ...(launch.runs.length > 0 ? ['--allow-child-process', '--allow-worker'] : []),
    ...((launch.network || launch.egress !== undefined) && known.has('--allow-net') ? ['--allow-net'] : []),
  ];
}

/** A path as the flag wants it: `*` stands for all below a folder. */
function covering(path: string): string {
  if (/[*,]/.test(path)) {
    throw new VsmError(
      'VSM_SANDBOX',
      `${path}: node's permission flag cannot take a path with * or , in it; rename it`,
    );
  }
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? `${path.replace(/\/$/, '')}/*` : path;
}
