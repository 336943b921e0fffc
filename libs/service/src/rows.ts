/** Versioned rows: units, capabilities, policies. Writers bump one version per table; broadcasts say only "version n". */
export interface Rows<T> {
  read(): Promise<{ version: number; rows: T[] }>;
  /** Inserts or replaces by name; returns the new version. An epoch below the lease's is refused with VSM_EPOCH. */
  write(name: string, row: T, by: { system: string; epoch: number }): Promise<number>;
}
