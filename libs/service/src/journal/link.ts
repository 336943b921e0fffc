import type { Clock, JournalEntry } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import { GENESIS, hashOf } from './chain.js';
import type { Journal } from './journal.js';

type Entry = Parameters<Journal['append']>[0];

interface Head {
  seq: number;
  hash: string;
}

/** Chain, see `chainOf` → where it will end once the entries are written. */
type Ahead = Map<string, Head>;

const HEAD = `-- journal head
SELECT seq, hash FROM vsmcp_journal WHERE system = $1 AND epoch = $2::bigint ORDER BY seq DESC LIMIT 1`;

/**
 * The ends of the hash chains of a journal, to which the next entries are linked. An end is remembered only once it is
 * written; where that is in doubt it is read anew.
 */
export class Chains {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #heads = new Map<string, Head>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Links entries to their chains, in their order. */
  async link(entries: readonly Entry[]): Promise<{ ahead: Ahead; linked: JournalEntry[] }> {
    const ahead: Ahead = new Map();
    const linked: JournalEntry[] = [];
    for (const entry of entries) {
      const { system, epoch, type, cause = null } = entry;
      const head = ahead.get(chainOf(entry)) ?? (await this.#headOf(entry));
      // through JSON once, so that what is hashed is what will be read back
      const data: unknown = JSON.parse(JSON.stringify(entry.data) ?? 'null');
      const next = { system, epoch, seq: head.seq + 1, type, at: this.#clock.now(), cause, data };
      linked.push({ ...next, hash: hashOf(head.hash, next) });
      ahead.set(chainOf(entry), { seq: next.seq, hash: hashOf(head.hash, next) });
    }
    return { ahead, linked };
  }

  /** Forgets the ends of these chains while it is open whether they are written. */
  forget(ahead: Ahead): void {
    for (const chain of ahead.keys()) this.#heads.delete(chain);
  }

  /** Remembers the ends that are written: all but those of refused entries. */
  keep(ahead: Ahead, refused: readonly JournalEntry[]): void {
    for (const entry of refused) ahead.delete(chainOf(entry));
    for (const [chain, head] of ahead) this.#heads.set(chain, head);
  }

  async #headOf({ system, epoch }: Entry): Promise<Head> {
    const known = this.#heads.get(chainOf({ system, epoch }));
    if (known) return known;
    const [head] = await this.#database.query<Head>(HEAD, [system, epoch]);
    return head ?? { seq: 0, hash: GENESIS };
  }
}

function chainOf({ system, epoch }: Pick<Entry, 'system' | 'epoch'>): string {
  return `${system} ${epoch}`;
}
