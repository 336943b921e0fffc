import type { Answer } from '@vsmcp/vsm';

type Coordination = Answer<'coordination'>;
export type Resolution = Coordination['resolved'][number];

/** Resolutions that are remembered, and units whose waits are. */
const MOST = 200;
const MOST_UNITS = 10_000;
/** Grants that are remembered. */
const MOST_GRANTS = 50_000;

interface Waits {
  claims: number;
  waited: number;
  total: number;
  longest: number;
}

/** The record of coordination: the last conflicts and how they ended, and how long each unit waited. Times in ms. */
export class Resolved {
  readonly #recent: Resolution[] = [];
  readonly #units = new Map<string, Waits>();
  #count = 0;

  /** Conflicts that were resolved, since the beginning. */
  get count(): number {
    return this.#count;
  }

  /** The last ones, newest first. */
  get recent(): Resolution[] {
    return [...this.#recent].reverse();
  }

  /** Units by the time that their claims waited, the most first. */
  get waits(): Coordination['waits'] {
    return [...this.#units]
      .map(([unit, { claims, waited, total, longest }]) => ({ unit, claims, waited, total, longest }))
      .sort((a, b) => b.total - a.total || b.claims - a.claims)
      .slice(0, MOST);
  }

  /** A claim of the unit was granted. @param waited ms from claim to grant */
  granted(unit: string, waited: number, hadToWait: boolean): void {
    const known = this.#units.get(unit) ?? { claims: 0, waited: 0, total: 0, longest: 0 };
    known.claims += 1;
    if (hadToWait) {
      known.waited += 1;
      known.total += waited;
      known.longest = Math.max(known.longest, waited);
    }
    this.#units.delete(unit);
    this.#units.set(unit, known);
    const [oldest] = this.#units.keys();
    if (this.#units.size > MOST_UNITS && oldest !== undefined) this.#units.delete(oldest);
  }

  add(resolution: Resolution): void {
    this.#count += 1;
    this.#recent.push(resolution);
    if (this.#recent.length > MOST) this.#recent.shift();
  }
}

/** The claims that were granted, and under which token, for audits. Times in ms since the epoch. */
export class Remembered {
  readonly #tokens = new Map<string, { token: number; at: number }>();
  #since: number;

  /** @param since nothing granted before is known */
  constructor(since: number) {
    this.#since = since;
  }

  /** Every grant since then is remembered. */
  get since(): number {
    return this.#since;
  }

  add(claim: string, token: number, at: number): void {
    this.#tokens.set(claim, { token, at });
    const [oldest] = this.#tokens;
    if (this.#tokens.size <= MOST_GRANTS || !oldest) return;
    this.#tokens.delete(oldest[0]);
    this.#since = Math.max(this.#since, oldest[1].at + 1);
  }

  of(claims: readonly string[]): { claim: string; token: number }[] {
    return claims.flatMap((claim) => {
      const known = this.#tokens.get(claim);
      return known ? [{ claim, token: known.token }] : [];
    });
  }
}
