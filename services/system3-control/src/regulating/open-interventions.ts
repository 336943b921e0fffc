import type { ServiceContext } from '@vsmcp/service';
import { Intervention, type JournalEntry, Stress } from '@vsmcp/vsm';

/**
 * Interventions that earlier leaders began and did not end. Their commands have lapsed: they are over, and those who
 * were told hear so.
 */
export class OpenInterventions {
  readonly #open = new Map<string, Intervention>();

  get all(): Intervention[] {
    return [...this.#open.values()];
  }

  /** @param entry of System 3's journal, in order */
  restore({ type, data }: Pick<JournalEntry, 'type' | 'data'>): void {
    if (!type.startsWith('intervention.')) return;
    const known = Intervention.safeParse(data);
    if (!known.success) return;
    if (known.data.what === 'ends') this.#open.delete(known.data.id);
    else this.#open.set(known.data.id, known.data);
  }

  /** Ends them all, once the journal was replayed. */
  async close({ journal, say }: Pick<ServiceContext, 'journal' | 'say'>, epoch: number): Promise<void> {
    for (const intervention of this.all) {
      const data = { ...intervention, what: 'ends', because: 'another leads' };
      const type = `intervention.${intervention.rung}`;
      await journal.append({ system: 's3', epoch, type, cause: intervention.id, data });
      const told = { ...intervention, state: 'ends' as const, wants: 0, slots: 0, scarce: 'operations' };
      if (intervention.rung === 'tell') await say(Stress, 's3.stress', told, { cause: intervention.id });
    }
  }
}
