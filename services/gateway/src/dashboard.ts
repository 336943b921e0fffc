import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { PAGES } from './routes/pages.js';

const FILES = [
  [PAGES.page, 'index.html'],
  [PAGES.script, 'dashboard.js'],
  [PAGES.style, 'dashboard.css'],
] as const;

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page at `/`: static files, nothing from elsewhere. */
export async function dashboard(app: FastifyInstance): Promise<void> {
  for (const [{ path, media }, file] of FILES) {
    const content = await readFile(new URL(`../dashboard/${file}`, import.meta.url));
    app.get(path, async (_, reply) =>
      reply
        .header('content-type', `${media}; charset=utf-8`)
        .header('content-security-policy', POLICY)
        .header('referrer-policy', 'no-referrer')
        .send(content),
    );
  }
}
