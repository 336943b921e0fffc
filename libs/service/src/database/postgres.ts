import { VsmError } from '@vsmcp/vsm';
import pg from 'pg';
import type { Log } from '../log.js';
import type { Database } from './database.js';
import { failure, isRace, plain } from './failure.js';
import { createSchema, schemaName } from './schema.js';
import { inline, SHARED_SESSION } from './shared-session.js';

export interface PostgresOptions {
  /** Most connections of this process. */
  pool?: number;
  /** A quoted name; `public` unless said. */
  schema?: string;
  /** ms that a connection may take to be made, and a statement where the session is not shared. */
  timeout?: number;
  /** Shown by the server (pg_stat_activity); `vsmcp` unless said. */
  application?: string;
  log: Pick<Log, 'warn'>;
}

const POOL = 10;
/** One session serves all clients of a shared embedded database: more connections only queue there. */
const SHARED_POOL = 2;
/** How often a statement that lost a race without effect is repeated. */
const RACES = 5;
/** ms */
const CONNECT_TIMEOUT = 5000;
const QUERY_TIMEOUT = 30_000;
const INT8 = 20;
/**
 * The rows that the statements look for are in memory and found by an index. By PostgreSQL's default, which reckons
 * with a disk that turns, a ledger of some thousand rows would be read whole instead, for every claim.
 */
const INDEXED = 'SET random_page_cost = 1.1';

/** Times are ms and counts are events: both fit a double, and PGlite gives numbers as well. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format ?? 'text')) as pg.CustomTypesConfig['getTypeParser'],
};

/**
 * A PostgreSQL server, or an embedded database that another process serves (`serveEmbedded`). Connections are made when
 * needed and again after they broke.
 */
export function openPostgres(url: string, options: PostgresOptions): Database {
  const { pool: size, log, schema, timeout, application = 'vsmcp' } = options;
  const shared = new URL(url).searchParams.get(SHARED_SESSION) !== null;
  const pool = new pg.Pool({
    connectionString: url,
    types,
    max: shared ? SHARED_POOL : (size ?? POOL),
    connectionTimeoutMillis: timeout ?? CONNECT_TIMEOUT,
    // In a shared session a statement waits for those of other clients: it is not given up early.
    query_timeout: shared ? QUERY_TIMEOUT : (timeout ?? QUERY_TIMEOUT),
    keepAlive: true,
    application_name: application,
    ...(schema !== undefined && { options: `-c search_path=${schema}` }),
    onConnect: (client) => client.query(INDEXED),
    allowExitOnIdle: true,
  });
  // An idle connection that breaks is replaced with the next statement.
  pool.on('error', (error) => log.warn({ error }, 'a database connection broke'));

  const inside: Database[] = [];
  const database: Database = {
    kind: 'postgres',
    address: { url, ...(schema !== undefined && { schema }) },
    async within(name) {
      if (shared)
        throw new VsmError(
          'VSM_DATABASE',
          `${name} cannot have a schema in a database that others share one session of`,
        );
      const own = schemaName(name);
      await database.query(createSchema(own));
      const one = openPostgres(url, { ...options, schema: own });
      inside.push(one);
      return one;
    },
    async query<T extends object>(sql: string, parameters: readonly unknown[] = []) {
      const values = parameters.map(plain);
      const statement = shared ? { text: inline(sql, values) } : { text: sql, values };
      for (let left = RACES; ; left--) {
        try {
          return (await pool.query<T>(statement)).rows;
        } catch (error) {
          if (left === 0 || !isRace(error)) throw failure(sql, error);
        }
      }
    },
    async close() {
      await Promise.all(inside.map((one) => one.close()));
      await pool.end();
    },
  };
  return database;
}
