/**
 * Versioned rows: units, capabilities, policies. Writers bump one version per table; broadcasts say only "version n".
 */
export interface Rows<T> {
  read(): Promise<{ version: number; rows: T[] }>;
  /** Inserts or replaces by name; returns the new version. An epoch below the lease's is refused with VSM_EPOCH. */
  write(name: string, row: T, by: { system: string; epoch: number }): Promise<number>;
  /** Writes or, where the row is undefined, removes many at once, as one version. */
  writeAll(rows: ReadonlyMap<string, T | undefined>, by: { system: string; epoch: number }): Promise<number>;
  /** The rows that have changed since that version; undefined: removed. */
  readSince(version: number): Promise<{ version: number; rows: Map<string, T | undefined> }>;
}
