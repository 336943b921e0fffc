import type { Algedonic, DataOf, Finding, Outcome } from '@vsmcp/vsm';

type Alert = DataOf<typeof Algedonic> & { unit: string };

/** Operations of a unit that must agree before it no longer hurts. */
const ENOUGH = 5;

/**
 * Units whose account does not hold: each is pain for System 5, until enough of its operations agree. Times in ms since
 * the epoch.
 */
export class HurtingAccounts {
  /** Unit → since when. */
  readonly #since = new Map<string, number>();

  /** @param outcomes that were compared in this audit @returns pain and pleasure to be told */
  judge(findings: readonly Finding[], outcomes: readonly DataOf<typeof Outcome>[], now: number): Alert[] {
    return [...this.#pain(findings, now), ...this.#pleasure(findings, outcomes)];
  }

  #pain(findings: readonly Finding[], now: number): Alert[] {
    const units = new Set(findings.map(({ unit }) => unit));
    return [...units].flatMap((unit): Alert[] => {
      const [first, ...others] = findings.filter((finding) => finding.unit === unit);
      if (!first) return [];
      const more = others.length > 0 ? `, and ${others.length} more` : '';
      const what = `${first.instance} reported ${first.reported}; ${first.found}${more}`;
      const since = this.#since.get(unit) ?? now;
      this.#since.set(unit, since);
      return [{ alert: `audit:${unit}`, severity: 'pain', unit, what, since }];
    });
  }

  #pleasure(findings: readonly Finding[], outcomes: readonly DataOf<typeof Outcome>[]): Alert[] {
    return [...this.#since].flatMap(([unit, since]): Alert[] => {
      const agreed = outcomes.filter((outcome) => outcome.unit === unit).length;
      if (agreed < ENOUGH || findings.some((finding) => finding.unit === unit)) return [];
      this.#since.delete(unit);
      const what = `${agreed} operations agree with what was reported`;
      return [{ alert: `audit:${unit}`, severity: 'pleasure', unit, what, since }];
    });
  }
}
