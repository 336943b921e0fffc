import { type Account, type DataOf, type Intervention, type Need, type Performance, percent } from '@vsmcp/vsm';

type AccountData = DataOf<typeof Account>;

/** Efficiency is told in bands, and only once it is this far beyond the edge of one. */
const BANDS = [
  ['good', 0.9],
  ['fair', 0.6],
  ['poor', 0],
] as const;
type Band = (typeof BANDS)[number][0];
const BEYOND = 0.05;
/** A need for a decision is said again after this long (ms), for those who came since. */
const AGAIN = 60_000;

/** The facts to account for. */
export interface Situation {
  performance: DataOf<typeof Performance>;
  active: readonly Intervention[];
  /** Units whose minimums do not fit into the pool together; empty where they do. */
  unkept: readonly string[];
  pool: number;
}

/**
 * Attenuates what System 5 hears of the operations: not the figures of each second, but what changed and what needs a
 * decision. Decides on plain data; times in ms since the epoch.
 */
export class Accounts {
  #band: Band | undefined;
  #active = new Map<string, Intervention>();
  #needs: readonly Need[] = [];
  #said = Number.NEGATIVE_INFINITY;

  /** @returns the account to give now, if there is news */
  next(situation: Situation, now: number): AccountData | undefined {
    const changed = [...this.#performance(situation), ...this.#interventions(situation)];
    const needs = needsOf(situation);
    const others = needs.length !== this.#needs.length || needs.some(({ need }, i) => this.#needs[i]?.need !== need);
    this.#needs = needs;
    if (changed.length === 0 && !others && !(needs.length > 0 && now - this.#said >= AGAIN)) return undefined;
    this.#said = now;
    return { changed, needs };
  }

  #performance({ performance: { efficiency } }: Situation): AccountData['changed'] {
    if (efficiency === null) return [];
    const band = bandOf(efficiency, this.#band);
    if (band === this.#band) return [];
    const before = this.#band;
    this.#band = band;
    const from = before === undefined ? '' : `, was ${before}`;
    return [{ what: 'performance', text: `the operations perform ${band} (${percent(efficiency)})${from}` }];
  }

  #interventions({ active }: Situation): AccountData['changed'] {
    const now = new Map(active.map((one) => [one.id, one]));
    const begun = active.filter(({ id }) => !this.#active.has(id));
    const ended = [...this.#active.values()].filter(({ id }) => !now.has(id));
    this.#active = now;
    return [
      ...begun.map(({ unit, rung, because }) => ({ what: rung, text: `${unit}: ${rung} begins: ${because}` })),
      ...ended.map(({ unit, rung }) => ({ what: rung, text: `${unit}: ${rung} is over` })),
    ];
  }
}

/** A band is left only when its edge is clearly passed, so that a figure near the edge is not told each time. */
function bandOf(efficiency: number, before: Band | undefined): Band {
  const of = (value: number): Band => BANDS.find(([, from]) => value >= from)?.[0] ?? 'poor';
  if (before !== undefined && [of(efficiency - BEYOND), of(efficiency + BEYOND)].includes(before)) return before;
  return of(efficiency);
}

function needsOf({ active, unkept, pool }: Situation): Need[] {
  const needs: Need[] = active
    .filter(({ rung }) => rung === 'tell')
    .map(({ id, unit, because }) => ({
      need: id,
      unit,
      what: `${unit} cannot cope: ${because}`,
      options: ['more replicas of System 1', `policy.priority for ${unit}`, `let more of ${unit} be shed (sheds)`],
    }));
  if (unkept.length > 0)
    needs.push({
      need: `minimums:${unkept.join(',')}`,
      unit: unkept[0] ?? '',
      what: `the minimums of ${unkept.join(', ')} are more than the pool of ${pool}`,
      options: ['more replicas of System 1', 'smaller minimums'],
    });
  return needs;
}
