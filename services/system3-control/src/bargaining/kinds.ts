import type { Counts, DataOf, Load } from '@vsmcp/vsm';

/** ms for which a kind that a unit met counts. */
const MEMORY = 300_000;
/** Kinds that are kept of a unit, the latest. */
const MOST = 1000;
/** However much more a unit meets than it can answer, its weight is not more than this many times what it was. */
const MOST_WEIGHT = 2;

interface Kind {
  at: number;
  answered: boolean;
}

/** The kinds of events that units met lately, and whether they have an answer. Times in ms since the epoch. */
export class Kinds {
  readonly #units = new Map<string, Map<string, Kind>>();

  load({ types, owners = {} }: DataOf<typeof Load>, now: number): void {
    for (const [type, counts] of Object.entries(types)) {
      const unit = owners[type];
      if (unit === undefined) continue;
      const kinds = this.#units.get(unit) ?? new Map<string, Kind>();
      this.#units.set(unit, kinds);
      const known = kinds.get(type);
      kinds.delete(type);
      kinds.set(type, { at: now, answered: isAnswered(counts, known?.answered ?? false) });
      const [oldest] = kinds.keys();
      if (kinds.size > MOST && oldest !== undefined) kinds.delete(oldest);
    }
  }

  /** Kinds that the unit met, and how many of them it has an answer to. */
  of(unit: string, now: number): { met: number; answered: number } {
    const kinds = this.#units.get(unit);
    let answered = 0;
    for (const [type, kind] of kinds ?? []) {
      if (now - kind.at > MEMORY) kinds?.delete(type);
      else if (kind.answered) answered++;
    }
    if (kinds?.size === 0) this.#units.delete(unit);
    return { met: kinds?.size ?? 0, answered };
  }
}

/** The last word on a kind that was both answered and left waiting is that it waits. */
function isAnswered(counts: Counts, before: boolean): boolean {
  if ((counts.parked ?? 0) > 0) return false;
  return before || (counts.answered ?? 0) + (counts.noted ?? 0) + (counts.attenuated ?? 0) > 0;
}

/**
 * The factor on a unit's weight: only variety absorbs variety (Ashby, An Introduction to Cybernetics, §11/7), so a unit
 * that meets more kinds of events than it has answers to has more of what there is, up to twice. 1 for a unit that can
 * answer all it met.
 */
export function varietyFactor({ met, answered }: { met: number; answered: number }): number {
  if (met === 0 || answered >= met) return 1;
  return answered === 0 ? MOST_WEIGHT : Math.min(MOST_WEIGHT, met / answered);
}
