import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Runs in a server before its own code, so that `fetch`, node:http and node:https find the proxy. Beside `src` and
 * `dist`.
 */
const PRELOAD = realpathSync(fileURLToPath(new URL('../../preload/egress.mjs', import.meta.url)));
const UNDICI = realpathSync(dirname(createRequire(import.meta.url).resolve('undici/package.json')));

/** The module that a server loads before its own code, where it reaches hosts through a proxy. */
export const PRELOADED: readonly string[] = [PRELOAD, UNDICI];

/** @param socket path of the proxy's socket. @returns the value of node's `--import` */
export function preloadFor(socket: string): string {
  const url = pathToFileURL(PRELOAD);
  url.search = new URLSearchParams({ socket, undici: UNDICI }).toString();
  return url.href;
}
