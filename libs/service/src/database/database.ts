/**
 * The one way to state. Statements stand alone: there are no transactions and no session state, because the embedded
 * database is one session shared by all; what must be atomic is one statement.
 */
export interface Database {
  readonly kind: 'embedded' | 'postgres';
  /** For a connection of its own, such as another thread's; undefined where there can be none. */
  readonly address?: DatabaseAddress;
  /** Rows as objects. Parameters are `$1`, `$2` … Rejects with VSM_DATABASE, the statement's name in the message. */
  query<T extends object>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
  /**
   * A schema of that name in the same database, made where it is missing: for a fleet that runs inside another. It
   * closes with this one.
   */
  within(name: string): Promise<Database>;
  close(): Promise<void>;
}

/** The address by which `openPostgres` reaches a database. */
export interface DatabaseAddress {
  url: string;
  /** A quoted name; `public` where it is absent. */
  schema?: string;
}
