import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, reasonOf, VsmError } from '@vsmcp/vsm';
import { z } from 'zod';
import { sha256 } from '../digest.js';
import { codeOf, writeWhole } from '../files.js';
import type { McpLog } from '../log.js';
import { Page } from './format.js';

/** Bounds of reading a registry over HTTP: bytes and ms a page, pages in all. */
const MOST = { bytes: 16 * 2 ** 20, wait: 15_000, pages: 1000 };

const Cached = z.object({
  /** ms since the epoch when the registry last said this. */
  at: z.number(),
  pages: z.array(z.object({ url: z.string(), etag: z.string().optional(), page: Page })),
});
type Cached = z.infer<typeof Cached>;

export interface HttpSource {
  base: string;
  dataDir: string;
  /** ms for which a cached answer is taken without asking. */
  ttl: number;
  clock: Clock;
  log: McpLog;
}

/**
 * All pages of `<base>/v0.1/servers`, the newest versions. Within `ttl` from the cache; then each page is asked for
 * with its ETag. A registry that cannot be reached is answered for by the cache, however old; without one, rejects with
 * VSM_MCP.
 */
export async function fetchPages(source: HttpSource, signal?: AbortSignal): Promise<{ at: string; page: Page }[]> {
  const folder = join(source.dataDir, 'registries');
  const file = join(folder, `${sha256(source.base).slice('sha256-'.length, 40)}.json`);
  const cached = await readCache(file);
  if (cached && source.clock.now() - cached.at < source.ttl) return shown(cached);
  try {
    const fresh = await fetchAll(source, cached, signal);
    await mkdir(folder, { recursive: true });
    await writeWhole(file, JSON.stringify(fresh));
    return shown(fresh);
  } catch (error) {
    if (!cached || signal?.aborted) throw error;
    source.log.warn(
      { registry: source.base, error: reasonOf(error), cached: new Date(cached.at).toISOString() },
      'a registry cannot be read; its last answer is used',
    );
    return shown(cached);
  }
}

const shown = (cached: Cached) => cached.pages.map(({ url, page }) => ({ at: url, page }));

async function readCache(file: string): Promise<Cached | undefined> {
  try {
    const cached = Cached.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return cached.success ? cached.data : undefined;
  } catch (error) {
    // never read before, or cut short by a crash: asked for anew
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function fetchAll(source: HttpSource, cached: Cached | undefined, signal?: AbortSignal): Promise<Cached> {
  const known = new Map(cached?.pages.map((each) => [each.url, each]));
  const pages: Cached['pages'] = [];
  const cursors = new Set<string>();
  for (let cursor = ''; ; ) {
    const url = `${source.base}/v0.1/servers?limit=100&version=latest${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = await fetchPage(url, known.get(url), signal);
    pages.push(page);
    cursor = page.page.metadata?.nextCursor ?? '';
    if (cursor === '') return { at: source.clock.now(), pages };
    if (cursors.has(cursor) || pages.length >= MOST.pages) {
      throw new VsmError(
        'VSM_MCP',
        `${url}: its pages do not end (cursor ${cursor.slice(0, 100)}); use another registry`,
      );
    }
    cursors.add(cursor);
  }
}

async function fetchPage(
  url: string,
  known: Cached['pages'][number] | undefined,
  signal?: AbortSignal,
): Promise<Cached['pages'][number]> {
  const limit = AbortSignal.timeout(MOST.wait);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      headers: { accept: 'application/json', ...(known?.etag && { 'if-none-match': known.etag }) },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    if (response.status === 304 && known) return known;
    text = await bounded(response, url);
  } catch (error) {
    if (error instanceof VsmError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    throw new VsmError(
      'VSM_MCP',
      `${url} cannot be read (${reasonOf(error)}${cause}); correct the registry's address or reach it`,
      { cause: error },
    );
  }
  if (!response.ok) throw new VsmError('VSM_MCP', `${url} answered ${response.status}; correct the registry's address`);
  const etag = response.headers.get('etag');
  return { url, page: parsePage(text, url), ...(etag && { etag }) };
}

async function bounded(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST.bytes) throw new VsmError('VSM_MCP', `${url} sent more than 16 MiB; use another registry`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A page out of its text; throws VSM_MCP that names the place and what is wrong there. */
export function parsePage(text: string, place: string): Page {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new VsmError('VSM_MCP', `${place} is not JSON: ${reasonOf(error)}`, { cause: error });
  }
  const page = Page.safeParse(json);
  if (page.success) return page.data;
  const issue = page.error.issues[0];
  throw new VsmError(
    'VSM_MCP',
    `${place} is not in the registry format {"servers": [{"server": {…}}]}: at ${issue?.path.join('.') || 'the top'}: ${issue?.message ?? 'malformed'}`,
  );
}
