import type { Severity, Unit } from '@vsmcp/vsm';

/** Pain when an expected event stays away, pleasure when it is back. Times in ms. */
export interface SilenceSignal {
  alert: string;
  severity: Severity;
  unit: string;
  what: string;
  since: number;
}

interface Expectation {
  unit: string;
  type: string;
  limit: number;
  last: number;
  /** unknown: another replica judged before, and may have raised pain. */
  state: 'quiet' | 'hurting' | 'unknown';
}

/** Judges the events that units expect (`silence: { file.ok: 10s }`): one more way in which the environment speaks. */
export class Silences {
  #expected: Expectation[];

  /**
   * @param since the instant from which silence counts
   * @param inherited another judge was there before, whose pain may still stand
   */
  constructor(units: Iterable<readonly [string, Unit]>, since: number, inherited: boolean) {
    this.#expected = [...units].flatMap(([unit, { silence }]) =>
      Object.entries(silence ?? {}).map(([type, limit]) => ({
        unit,
        type,
        limit,
        last: since,
        state: inherited ? ('unknown' as const) : ('quiet' as const),
      })),
    );
  }

  /**
   * The units are others now: what is still expected goes on, pain about what is not is over. @param now from then on
   * new ones count
   */
  update(units: Iterable<readonly [string, Unit]>, now: number): SilenceSignal[] {
    const before = new Map(this.#expected.map((e) => [`${e.unit} ${e.type}`, e]));
    this.#expected = new Silences(units, now, false).#expected.map((e) => {
      const known = before.get(`${e.unit} ${e.type}`);
      before.delete(`${e.unit} ${e.type}`);
      return known === undefined ? e : { ...known, limit: e.limit };
    });
    const over = [...before.values()].filter(({ state }) => state !== 'quiet');
    return over.map((e) => signal(e, 'pleasure', `${e.type} is expected no more`, now));
  }

  /** The event types to listen for. */
  get types(): string[] {
    return [...new Set(this.#expected.map((e) => e.type))];
  }

  seen(type: string, now: number): SilenceSignal[] {
    const signals: SilenceSignal[] = [];
    for (const expectation of this.#expected) {
      if (expectation.type !== type) continue;
      expectation.last = Math.max(expectation.last, now);
      if (expectation.state !== 'quiet') signals.push(signal(expectation, 'pleasure', `${type} is back`, now));
      expectation.state = 'quiet';
    }
    return signals;
  }

  check(now: number): SilenceSignal[] {
    const signals: SilenceSignal[] = [];
    for (const expectation of this.#expected) {
      if (expectation.state === 'hurting' || now - expectation.last < expectation.limit) continue;
      expectation.state = 'hurting';
      const what = `no ${expectation.type} for ${(now - expectation.last) / 1000} s; expected every ${expectation.limit / 1000} s`;
      signals.push(signal(expectation, 'pain', what, expectation.last));
    }
    return signals;
  }
}

function signal(e: Expectation, severity: Severity, what: string, since: number): SilenceSignal {
  return { alert: `silence:${e.unit}:${e.type}`, severity, unit: e.unit, what, since };
}
