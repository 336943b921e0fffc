import type { ServiceContext } from '@vsmcp/service';
import { type DataOf, Reapproval, type Tried } from '@vsmcp/vsm';
import { upgradeOf } from './drift.js';
import type { CapabilityTable } from './table.js';

/**
 * Versions that are tried before System 5 weighs them. One tried when another leads is asked for again by whoever
 * wanted it.
 */
export class Upgrades {
  readonly #context: Pick<ServiceContext, 'say'>;
  readonly #table: CapabilityTable;
  readonly #asked = new Map<string, DataOf<typeof Reapproval>>();

  constructor(context: Pick<ServiceContext, 'say'>, table: CapabilityTable) {
    this.#context = context;
    this.#table = table;
  }

  tries(proposal: DataOf<typeof Reapproval>): void {
    this.#asked.set(proposal.proposal, { ...proposal });
  }

  /** Has System 5 decide about a version, now that it is known what that offers. */
  async weigh(tried: DataOf<typeof Tried>, cause: string): Promise<void> {
    const asked = this.#asked.get(tried.proposal);
    if (!asked || !this.#asked.delete(tried.proposal)) return;
    const { rows } = await this.#table.read();
    const row = rows.find((r) => r.server === asked.server && r.state !== 'removed');
    if (row) await this.#context.say(Reapproval, 's3.proposal', upgradeOf(asked, row, tried), { cause });
  }
}
