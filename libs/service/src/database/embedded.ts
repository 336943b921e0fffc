import { PGlite } from '@electric-sql/pglite';
import type { Database } from './database.js';
import { failure, type Plain, plain } from './failure.js';
import { lockFolder } from './lock.js';
import { Statements } from './prepared.js';
import { createSchema, schemaName } from './schema.js';

/** An embedded database that other code of this package may serve to other processes. */
export interface Embedded extends Database {
  readonly kind: 'embedded';
  readonly engine: PGlite;
}

export interface EmbeddedOptions {
  /** A dump of `engine.dumpDataDir()`: making a database out of it takes a fifth of the time. */
  template?: Blob;
}

/**
 * PostgreSQL inside this process. In a folder it holds a lock file, because a second process on the same folder loses
 * rows without an error.
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
  const statements = new Statements(engine);
  // One session serves all fleets of this process: a statement and the schema it is meant for must not be parted.
  let schema: string | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const inSchema = async <T extends object>(wanted: string, sql: string, values: Plain[]): Promise<T[]> => {
    if (schema !== undefined && wanted !== schema) {
      await engine.exec(`SET search_path TO ${wanted}`);
      schema = wanted;
    }
    return statements.run<T>(sql, values);
  };
  const querying = (wanted: string): Database['query'] =>
    async function query<T extends object>(sql: string, parameters: readonly unknown[] = []) {
      try {
        const values = parameters.map(plain);
        if (schema === undefined) return await statements.run<T>(sql, values);
        const rows = last.then(() => inSchema<T>(wanted, sql, values));
        last = rows.catch(() => undefined);
        return await rows;
      } catch (error) {
        throw failure(sql, error);
      }
    };
  const within = async (name: string): Promise<Database> => {
    const own = schemaName(name);
    schema ??= PUBLIC;
    const query = querying(own);
    await query(createSchema(own));
    return { kind: 'embedded', query, within, close: async () => {} };
  };
  return {
    kind: 'embedded',
    engine,
    query: querying(PUBLIC),
    within,
    async close() {
      statements.close();
      if (!engine.closed) await engine.close();
      unlock();
    },
  };
}

const PUBLIC = 'public';
