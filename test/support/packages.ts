import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));

/**
 * A package registry on loopback that has the packages of `test/fixtures`, and a fleet's environment that makes npm ask
 * it.
 */
export interface Packages {
  /** npm takes `@fixture/…` from here and all else from where it usually does. */
  readonly env: Record<string, string>;
}

/**
 * Serves `@fixture/<name>@1.0.0` for each folder named, as a registry of packages does: a packument, and a tarball with
 * integrity.
 */
export async function servePackages(
  t: { after(fn: () => Promise<void>): void },
  ...names: string[]
): Promise<Packages> {
  const answers = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const answer = answers.get(decodeURIComponent(request.url ?? ''));
    response.statusCode = answer ? 200 : 404;
    response.end(answer ?? '{"error":"not found"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `http://127.0.0.1:${address.port}/`;
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  for (const name of names) {
    const manifest: object = JSON.parse(await readFile(join(FIXTURES, name, 'package.json'), 'utf8'));
    const tarball = await packed(name);
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    const dist = { tarball: `${url}${name}-1.0.0.tgz`, integrity };
    const versions = { '1.0.0': { ...manifest, dist } };
    const packument = { name: `@fixture/${name}`, 'dist-tags': { latest: '1.0.0' }, versions };
    answers.set(`/@fixture/${name}`, Buffer.from(JSON.stringify(packument)));
    answers.set(`/${name}-1.0.0.tgz`, tarball);
  }
  return { env: { 'npm_config_@fixture:registry': url } };
}

async function packed(name: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-pack-'));
  try {
    await cp(join(FIXTURES, name), join(folder, 'package'), { recursive: true });
    await promisify(execFile)('tar', ['-czf', join(folder, 'it.tgz'), '-C', folder, 'package']);
    return await readFile(join(folder, 'it.tgz'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
