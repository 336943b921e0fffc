import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Candidate, type Clock, reasonOf, VsmError } from '@vsmcp/vsm';
import type { McpLog } from '../log.js';
import type { Registry } from '../server-launcher.js';
import { candidatesOf } from './candidates.js';
import { fetchPages, parsePage } from './fetch.js';
import { Entry, type Page } from './format.js';

export interface RegistryOptions {
  /** Its name in candidates and messages; the place itself when not given. */
  name?: string;
  /** Where its cache goes: `<dataDir>/registries`. */
  dataDir: string;
  /** The folder that a relative path starts from; the working directory when not given. */
  home?: string;
  /** ms for which an answer over HTTP is used without asking again. */
  ttl: number;
  clock: Clock;
  log: McpLog;
}

/** Bytes of a registry file. */
const MOST = 64 * 2 ** 20;
/** Malformed entries that are warned of. */
const MOST_TOLD = 1000;

/**
 * A registry at a place: the base URL of one with the official API `/v0.1`, or a file of the same JSON. Entries that
 * are malformed are left out with a warning, once, that names the place; so, at debug level, are those that could not
 * be started.
 */
export function openRegistry(place: string, options: RegistryOptions): Registry {
  const { log } = options;
  const name = options.name ?? place;
  const remote = /^https?:\/\//.test(place);
  const base = place.replace(/\/+$/, '').replace(/\/v0\.1(\/servers)?$/, '');
  const file = resolve(options.home ?? '.', place);
  const told = new Set<string>();

  async function pages(signal?: AbortSignal): Promise<{ at: string; page: Page }[]> {
    if (remote) return fetchPages({ base, ...options }, signal);
    return [{ at: file, page: parsePage(await readText(file), file) }];
  }

  return {
    name,
    async candidates(signal, left = () => {}, unusable = () => {}): Promise<Candidate[]> {
      const entries = (await pages(signal)).flatMap(({ at, page }) =>
        goodOnes(page, (path, why) => {
          const entry = `${path}: ${why}`;
          left(entry);
          const warned = `${at} ${entry}`;
          if (told.has(warned) || told.size >= MOST_TOLD) return;
          told.add(warned);
          log.warn({ registry: at, name, path, why }, 'a malformed entry of a registry is left out');
        }),
      );
      const { candidates, skipped } = candidatesOf(entries, name);
      for (const server of skipped) {
        unusable(server);
        log.debug({ registry: name, server: server.name, why: server.why }, 'a server of the registry is left out');
      }
      return candidates;
    },
  };
}

function goodOnes(page: Page, left: (path: string, why: string) => void): Entry[] {
  return page.servers.flatMap((each, n) => {
    const entry = Entry.safeParse(each);
    if (entry.success) return [entry.data];
    const issue = entry.error.issues[0];
    left(['servers', n, ...(issue?.path ?? [])].join('.'), issue?.message ?? 'malformed');
    return [];
  });
}

async function readText(file: string): Promise<string> {
  try {
    if ((await stat(file)).size <= MOST) return await readFile(file, 'utf8');
  } catch (error) {
    throw new VsmError(
      'VSM_MCP',
      `registry ${file} cannot be read: ${reasonOf(error)}; correct the path in registries`,
      { cause: error },
    );
  }
  throw new VsmError('VSM_MCP', `registry ${file} has more than 64 MiB; make it smaller`);
}
