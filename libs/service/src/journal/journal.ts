import type { JournalEntry } from '@vsmcp/vsm';

/**
 * Append-only and hash-chained per (system, epoch): hash = SHA-256 over the entry with the hash before it. An append
 * with an epoch below the lease's is refused with VSM_EPOCH.
 */
export interface Journal {
  append(entry: { system: string; epoch: number; type: string; cause?: string; data: unknown }): Promise<JournalEntry>;
  /** Newest first. */
  read(filter: { system?: string; type?: string; since?: number; limit: number }): Promise<JournalEntry[]>;
  /** Oldest first, all of one system: to rebuild its state. */
  replay(system: string): AsyncIterable<JournalEntry>;
}
