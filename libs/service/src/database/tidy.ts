import { type PGlite, parse, protocol } from '@electric-sql/pglite';

/**
 * Statements from one tidying to the next, at least; and so many for each row that there is, as the server's own
 * autovacuum has it.
 */
const OFTEN = 500;
const PER_ROW = 0.2;

const TABLES = `SELECT format('%I.%I', n.nspname, c.relname) AS name, greatest(c.reltuples, 0)::float8 AS rows
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`;

/**
 * Does for the embedded database what autovacuum does for a server, which it lacks: old versions of rows are cleared
 * away, and the planner learns how large tables are. Without it each statement takes twice as long after some thousands
 * of events, and ever longer. By the number of statements and not by time, so that two runs of one script do the same.
 */
export class Tidying {
  readonly #engine: PGlite;
  #left = OFTEN;

  constructor(engine: PGlite) {
    this.#engine = engine;
  }

  /** To be called before each statement, with the engine to itself. @throws what the server says */
  async tick(): Promise<void> {
    if (this.#left-- > 0) return;
    this.#left = OFTEN;
    const tables = await this.#ask(TABLES);
    if (tables.length === 0) return;
    await this.#ask(`VACUUM (ANALYZE) ${tables.map(({ name }) => name).join(', ')}`);
    this.#left = Math.max(OFTEN, PER_ROW * tables.reduce((sum, { rows }) => sum + Number(rows), 0));
  }

  async #ask(sql: string) {
    const { messages } = await this.#engine.execProtocol(protocol.serialize.query(sql));
    return parse.parseResults(messages, this.#engine.parsers)[0]?.rows ?? [];
  }
}
