import { type DataOf, type Load, type OutcomeKind, WindowedCounter } from '@vsmcp/vsm';

/**
 * Meaning of an outcome for variety. absorbed: answered, noted, attenuated, or refused by policy; shed: let go under
 * overload; the rest is held. Discarded events are in none: a person decided that they needed no answer.
 */
export const FATES = ['absorbed', 'shed', 'parked', 'dead', 'doubt', 'asked'] as const;
export type FateName = (typeof FATES)[number];
export type Tally = Record<FateName, number>;

const FATE_OF: Record<OutcomeKind, FateName | undefined> = {
  answered: 'absorbed',
  noted: 'absorbed',
  attenuated: 'absorbed',
  refused: 'absorbed',
  shed: 'shed',
  parked: 'parked',
  dead: 'dead',
  doubt: 'doubt',
  asked: 'asked',
  discarded: undefined,
};

/** Types of which each fate is counted exactly; the rest is summed. */
const MOST_TYPES = 10_000;
const BUCKETS = 10;

/** Counts of one window. Unit: events. */
export interface TrafficRead {
  from: number;
  to: number;
  types: Map<string, Tally>;
  /** Events of types that could not be told apart, and at least how many types those are. */
  beyond: Tally & { types: number };
}

const none = (): Tally => ({ absorbed: 0, shed: 0, parked: 0, dead: 0, doubt: 0, asked: 0 });

/** The fates of events by type over a sliding window, from System 1's reports, in bounded memory. */
export class Traffic {
  readonly #window: number;
  readonly #fates: Record<FateName, WindowedCounter>;
  /** Events that System 1 itself summed, by fate. */
  readonly #summed: WindowedCounter;
  readonly #uncoordinated: WindowedCounter;
  /** Numbers of types that reports summed: the falling sequence of maxima, newest last. */
  readonly #peaks: { at: number; types: number }[] = [];

  /** @param window ms */
  constructor(window: number, now: number) {
    const counter = (most: number): WindowedCounter => new WindowedCounter({ window, buckets: BUCKETS, most, now });
    this.#window = window;
    this.#fates = {
      absorbed: counter(MOST_TYPES),
      shed: counter(MOST_TYPES),
      parked: counter(MOST_TYPES),
      dead: counter(MOST_TYPES),
      doubt: counter(MOST_TYPES),
      asked: counter(MOST_TYPES),
    };
    this.#summed = counter(FATES.length);
    this.#uncoordinated = counter(1);
  }

  add(load: Pick<DataOf<typeof Load>, 'types' | 'others' | 'uncoordinated'>, now: number): void {
    if (load.uncoordinated) this.#uncoordinated.add('claims', load.uncoordinated, now);
    for (const [type, outcomes] of Object.entries(load.types)) {
      for (const [fate, count] of fatesOf(outcomes)) this.#fates[fate].add(type, count, now);
    }
    for (const [fate, count] of fatesOf(load.others.outcomes)) this.#summed.add(fate, count, now);
    if (load.others.types === 0) return;
    while ((this.#peaks.at(-1)?.types ?? Number.POSITIVE_INFINITY) <= load.others.types) this.#peaks.pop();
    this.#peaks.push({ at: now, types: load.others.types });
  }

  /** Events that were let go under overload. */
  shed(now: number): number {
    return this.#fates.shed.read(now).total + (this.#summed.read(now).counts.get('shed') ?? 0);
  }

  /** Claims on shared resources that nobody answered. */
  uncoordinated(now: number): number {
    return this.#uncoordinated.read(now).total;
  }

  read(now: number): TrafficRead {
    const summed = this.#summed.read(now);
    const types = new Map<string, Tally>();
    const beyond = { ...none(), types: 0 };
    for (const fate of FATES) {
      const { counts, others } = this.#fates[fate].read(now);
      for (const [type, count] of counts) {
        const tally = types.get(type) ?? none();
        tally[fate] = count;
        types.set(type, tally);
      }
      beyond[fate] = others.events + (summed.counts.get(fate) ?? 0);
      beyond.types = Math.max(beyond.types, others.names);
    }
    while ((this.#peaks[0]?.at ?? now) < now - this.#window) this.#peaks.shift();
    beyond.types = Math.max(beyond.types, this.#peaks[0]?.types ?? 0);
    return { from: summed.from, to: now, types, beyond };
  }
}

function* fatesOf(outcomes: DataOf<typeof Load>['outcomes']): Iterable<[FateName, number]> {
  for (const kind of Object.keys(FATE_OF) as OutcomeKind[]) {
    const fate = FATE_OF[kind];
    const count = outcomes[kind];
    if (fate !== undefined && count !== undefined && count > 0) yield [fate, count];
  }
}
