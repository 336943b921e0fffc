/**
 * The one way to state. Statements stand alone: there are no transactions and no session state, because the embedded
 * database is one session shared by all; what must be atomic is one statement.
 */
export interface Database {
  readonly kind: 'embedded' | 'postgres';
  /** Rows as objects. Parameters are `$1`, `$2` … Rejects with VSM_DATABASE, the statement's name in the message. */
  query<T extends object>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
  /**
   * A schema of that name in the same database, made where it is missing: for a fleet that runs inside another. It
   * closes with this one.
   */
  within(name: string): Promise<Database>;
  close(): Promise<void>;
}
