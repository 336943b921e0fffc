import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Embedded, openEmbedded } from '@vsmcp/service';

/** Templates made by this process, for names of their own. */
let made = 0;

/** An embedded database in memory, made the fast way. */
export async function openTestEmbedded(): Promise<Embedded> {
  return openEmbedded('memory', { template: await embeddedTemplate() });
}

/**
 * A new embedded database as it is inside: the first test on this machine leaves it in the temporary folder, and making
 * one from it is five times as fast as making it anew.
 */
export async function embeddedTemplate(): Promise<Blob> {
  const file = templateFile();
  if (existsSync(file)) return new Blob([await readFile(file)]);
  const database = await openEmbedded('memory');
  const template = await database.engine.dumpDataDir('none');
  await database.close();
  const own = `${file}.${process.pid}.${++made}`;
  await writeFile(own, Buffer.from(await template.arrayBuffer()));
  await rename(own, file); // whole or not at all: other tests start at the same time
  return template;
}

/** Puts a new database into a folder, as `vsmcp up` would, in a fifth of the time. */
export async function putEmbedded(folder: string): Promise<void> {
  await embeddedTemplate();
  await mkdir(folder, { recursive: true });
  await promisify(execFile)('tar', ['-xf', templateFile(), '-C', folder]);
  await chmod(folder, 0o700);
}

/** Named after the engine's real path, which holds its version. */
function templateFile(): string {
  const { resolve } = createRequire(new URL('../../libs/service/package.json', import.meta.url));
  const engine = createHash('sha256')
    .update(realpathSync(resolve('@electric-sql/pglite')))
    .digest('hex');
  return join(tmpdir(), `vsmcp-template-${engine.slice(0, 16)}.tar`);
}
