import type { Counts, DataOf, Load, OutcomeKind } from '@vsmcp/vsm';

/** Types beyond this many are summed in `others`, the busiest kept. */
export const MOST_TYPES = 200;

export type LoadFigures = Pick<
  DataOf<typeof Load>,
  | 'received'
  | 'duplicates'
  | 'retried'
  | 'uncoordinated'
  | 'outcomes'
  | 'units'
  | 'types'
  | 'owners'
  | 'others'
  | 'tools'
>;

type UnitFigures = {
  received: number;
  outcomes: Counts;
  /** Milliseconds spent on events, summed over operations that ran at the same time. */
  busy: number;
  /** Operations under way. */
  running?: number;
  /** How often one was turned away because the unit was past its share. */
  turned?: number;
};

/** A tally of events since it was last taken. All counts are events; totals are exact however many types there are. */
export class Tally {
  #received = 0;
  #duplicates = 0;
  #retried = 0;
  #uncoordinated = 0;
  #outcomes: Counts = {};
  #units = new Map<string, UnitFigures>();
  #types = new Map<string, Counts>();
  #owners = new Map<string, string>();
  #tools = new Map<string, { calls: number; errors: number; ms: number }>();

  /** An event seen for the first time. @param unit '' when none absorbs it */
  received(unit: string): void {
    this.#received++;
    if (unit !== '') this.#unit(unit).received++;
  }

  /** An event that was settled or in progress already. */
  duplicate(): void {
    this.#duplicates++;
  }

  /** An event sent on to come back later, counted or not. */
  retried(): void {
    this.#retried++;
  }

  /** A claim that System 2 did not answer in time. */
  uncoordinated(): void {
    this.#uncoordinated++;
  }

  outcome(unit: string, type: string, outcome: OutcomeKind): void {
    add(this.#outcomes, outcome, 1);
    if (unit !== '') add(this.#unit(unit).outcomes, outcome, 1);
    let counts = this.#types.get(type);
    if (counts === undefined) {
      counts = {};
      this.#types.set(type, counts);
      if (unit !== '') this.#owners.set(type, unit);
    }
    add(counts, outcome, 1);
  }

  /** An operation of the unit was turned away, to come again, for lack of a place. */
  turnedAway(unit: string): void {
    this.retried();
    const figures = this.#unit(unit);
    figures.turned = (figures.turned ?? 0) + 1;
  }

  /** An operation of the unit ended. @param ms from its start to its end */
  spent(unit: string, ms: number): void {
    if (unit !== '') this.#unit(unit).busy += ms;
  }

  /** @param ms spent calling */
  call(tool: string, ms: number, error: boolean): void {
    const figures = this.#tools.get(tool) ?? { calls: 0, errors: 0, ms: 0 };
    figures.calls++;
    figures.ms += ms;
    if (error) figures.errors++;
    this.#tools.set(tool, figures);
  }

  /**
   * Takes what has gathered and starts anew; undefined when nothing happened.
   * @param running unit → operations under way
   */
  take(running: ReadonlyMap<string, number> = new Map()): LoadFigures | undefined {
    for (const [unit, n] of running) if (unit !== '') this.#unit(unit).running = n;
    const touched =
      this.#received + this.#duplicates + this.#retried + this.#uncoordinated + this.#types.size + this.#tools.size;
    if (touched + this.#units.size === 0) return undefined;
    const ranked = [...this.#types].sort((a, b) => sum(b[1]) - sum(a[1]) || (a[0] < b[0] ? -1 : 1));
    const others: Counts = {};
    for (const [type, counts] of ranked.slice(MOST_TYPES)) {
      addAll(others, counts);
      this.#owners.delete(type);
    }
    const figures = {
      received: this.#received,
      duplicates: this.#duplicates,
      retried: this.#retried,
      ...(this.#uncoordinated > 0 && { uncoordinated: this.#uncoordinated }),
      outcomes: this.#outcomes,
      units: Object.fromEntries(this.#units),
      types: Object.fromEntries(ranked.slice(0, MOST_TYPES)),
      owners: Object.fromEntries(this.#owners),
      others: { types: Math.max(0, ranked.length - MOST_TYPES), outcomes: others },
      tools: Object.fromEntries(this.#tools),
    };
    this.#received = this.#duplicates = this.#retried = this.#uncoordinated = 0;
    this.#outcomes = {};
    this.#units = new Map();
    this.#types = new Map();
    this.#owners = new Map();
    this.#tools = new Map();
    return figures;
  }

  #unit(name: string): UnitFigures {
    let unit = this.#units.get(name);
    if (unit === undefined) {
      unit = { received: 0, outcomes: {}, busy: 0 };
      this.#units.set(name, unit);
    }
    return unit;
  }
}

function add(counts: Counts, outcome: OutcomeKind, n: number): void {
  counts[outcome] = (counts[outcome] ?? 0) + n;
}

function addAll(to: Counts, from: Counts): void {
  for (const [outcome, n] of Object.entries(from)) add(to, outcome as OutcomeKind, n);
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, n) => total + n, 0);
}
