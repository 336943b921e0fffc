import type { JournalEntry } from '@vsmcp/vsm';
import type { Journal } from './journal.js';

/** A part of a leader that rebuilds its state from the journal of its system. */
export interface Restored {
  /** Takes an entry over, oldest first; entries that belong to other parts are passed over. */
  restore(entry: JournalEntry): void;
}

/**
 * Reads the journal of a system once, oldest entry first, and hands each entry to all parts, so that a takeover costs
 * one pass whatever the number of parts.
 */
export async function replay(
  journal: Pick<Journal, 'replay'>,
  system: string,
  parts: readonly Restored[],
): Promise<void> {
  for await (const entry of journal.replay(system)) for (const part of parts) part.restore(entry);
}
