import { createHash } from 'node:crypto';
import { canonicalJson, type JournalEntry } from '@vsmcp/vsm';

/** Before the first entry of a (system, epoch). */
export const GENESIS = '0'.repeat(64);

/** SHA-256, hex, over the entry's fields as canonical JSON with the hash of the entry before it. */
export function hashOf(before: string, entry: Omit<JournalEntry, 'hash'>): string {
  const { system, epoch, seq, type, at, cause, data } = entry;
  return createHash('sha256')
    .update(canonicalJson([before, system, epoch, seq, type, at, cause, data]))
    .digest('hex');
}

export type Verified =
  | { ok: true; entries: number }
  | { ok: false; entries: number; at: { system: string; epoch: number; seq: number }; because: string };

/**
 * Walks a journal, each (system, epoch) in the order of its entries, and stops at the first that does not follow from
 * the one before. It finds what was changed, taken out or put in between; what was cut off at the end it cannot see.
 */
export async function verifyJournal(entries: AsyncIterable<JournalEntry> | Iterable<JournalEntry>): Promise<Verified> {
  const heads = new Map<string, { seq: number; hash: string }>();
  let count = 0;
  for await (const entry of entries) {
    const { system, epoch, seq } = entry;
    const chain = `${system} ${epoch}`;
    const head = heads.get(chain) ?? { seq: 0, hash: GENESIS };
    const broken = (because: string): Verified => ({ ok: false, entries: count, at: { system, epoch, seq }, because });
    if (seq !== head.seq + 1) return broken(`entry ${head.seq + 1} is missing`);
    if (entry.hash !== hashOf(head.hash, entry)) return broken('it was changed, or the entry before it was');
    heads.set(chain, { seq, hash: entry.hash });
    count++;
  }
  return { ok: true, entries: count };
}
