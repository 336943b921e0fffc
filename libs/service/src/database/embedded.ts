import { PGlite } from '@electric-sql/pglite';
import type { Database } from '../database.js';
import { failure, plain } from './failure.js';
import { lockFolder } from './lock.js';

/** An embedded database that other code of this package may serve to other processes. */
export interface Embedded extends Database {
  readonly kind: 'embedded';
  readonly engine: PGlite;
}

export interface EmbeddedOptions {
  /** What `engine.dumpDataDir()` gave: making a database out of it takes a fifth of the time. */
  template?: Blob;
}

/**
 * PostgreSQL inside this process. In a folder it holds a lock file, because a second process on the same folder loses rows
 * without an error.
 * @param where the folder, or `memory` for one that goes with the process
 * @throws VSM_DATABASE when another process has the folder
 */
export async function openEmbedded(
  where: 'memory' | { folder: string },
  { template }: EmbeddedOptions = {},
): Promise<Embedded> {
  const unlock = where === 'memory' ? () => {} : lockFolder(where.folder);
  let engine: PGlite;
  try {
    engine = await PGlite.create({
      ...(where !== 'memory' && { dataDir: where.folder }),
      ...(template && { loadDataDir: template }),
    });
  } catch (error) {
    unlock();
    throw failure('open', error);
  }
  return {
    kind: 'embedded',
    engine,
    async query<T extends object>(sql: string, parameters: readonly unknown[] = []) {
      try {
        return (await engine.query<T>(sql, parameters.map(plain))).rows;
      } catch (error) {
        throw failure(sql, error);
      }
    },
    async close() {
      if (!engine.closed) await engine.close();
      unlock();
    },
  };
}
