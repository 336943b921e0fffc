import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Database, openLog, openPostgres } from '@vsmcp/service';
import { until } from './until.js';

const run = promisify(execFile);
const DEBIAN = '/usr/lib/postgresql';

export interface TestPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL: a fresh database on the server at VSMCP_TEST_DATABASE_URL, or a server of its own out of Debian's
 * binaries, in a temporary folder on a loopback port. Undefined, and loudly so, where neither is to be had; with
 * CI=true that is an error.
 */
export async function openTestPostgres(): Promise<TestPostgres | undefined> {
  const given = process.env.VSMCP_TEST_DATABASE_URL;
  if (given) return freshDatabase(given, async () => {});
  const bin = newestBin();
  if (bin) return ownServer(bin);
  const why = `no PostgreSQL: install Debian's postgresql, or set VSMCP_TEST_DATABASE_URL`;
  if (process.env.CI === 'true') throw new Error(why);
  process.stderr.write(`\n*** SKIPPED on PostgreSQL: ${why} ***\n\n`);
  return undefined;
}

async function freshDatabase(server: string, stop: () => Promise<void>): Promise<TestPostgres> {
  const name = `vsmcp_test_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await administer(server, (admin) => admin.query(`CREATE DATABASE ${name}`));
  return {
    url: url.href,
    async stop() {
      await administer(server, (admin) => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      await stop();
    },
  };
}

async function administer(url: string, task: (admin: Database) => Promise<unknown>): Promise<void> {
  const admin = openPostgres(url, { pool: 1, log: openLog('silent') });
  try {
    await task(admin);
  } finally {
    await admin.close();
  }
}

function newestBin(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(DEBIAN, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

async function ownServer(bin: string): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-postgres-'));
  const as = await unprivileged(); // PostgreSQL refuses to run as root
  if (as) await chown(folder, as.uid, as.gid);
  const data = join(folder, 'data');
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8'], as);

  const port = await freePort();
  const options = ['-F', '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', folder];
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...options], { ...as, stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const stop = async () => {
    server.kill('SIGINT'); // fast shutdown
    await gone;
    await rm(folder, { recursive: true, force: true });
  };

  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  try {
    await until(() => answers(url), { what: `PostgreSQL on port ${port}` });
    return await freshDatabase(url, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await administer(url, (admin) => admin.query('SELECT 1'));
    return true;
  } catch {
    return false; // not yet
  }
}

async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string) => Number((await run('id', [flag, 'nobody'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
