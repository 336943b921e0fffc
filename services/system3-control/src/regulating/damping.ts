import { type DataOf, type Loop, SHARES_OF_THE_POOL, THEIR_LOAD } from '@vsmcp/vsm';

/** Figures that may swing. */
const SWINGING: ReadonlySet<string> = new Set([SHARES_OF_THE_POOL, THEIR_LOAD]);
/** Of the way to what a damped unit wants now, the part that it is moved at a time. */
const GAIN = 0.05;
/** Moves smaller than this part are not made at all. */
const DEADBAND = 0.1;
/**
 * Milliseconds after which a unit is no longer damped though nobody said that it has settled: longer than System 2
 * watches any loop, so that it is so only when another coordinates by now, which does not know of it.
 */
const LONGEST = 7_200_000;

/**
 * Slows down what units are taken to want while System 2 says that their shares or their load swing: low gain and a
 * dead band break the feedback from share to demand, until it says that they have settled. Others are moved at once.
 * Decides on plain data; times in ms since the epoch.
 */
export class Damping {
  readonly #damped = new Map<string, { wants: number; until: number; because: Set<string> }>();
  #last: ReadonlyMap<string, number> = new Map();

  get units(): string[] {
    return [...this.#damped.keys()];
  }

  /** @returns whether it is for System 3 to do something about */
  heard({ resource, units, state }: DataOf<typeof Loop>, now: number): boolean {
    if (!SWINGING.has(resource)) return false;
    for (const unit of units) {
      const known = this.#damped.get(unit);
      const because = known?.because ?? new Set();
      if (state === 'settled') because.delete(resource);
      else because.add(resource);
      if (because.size === 0) this.#damped.delete(unit);
      else this.#damped.set(unit, { wants: known?.wants ?? this.#middle(unit, units), until: now + LONGEST, because });
    }
    return true;
  }

  /** The wants to bargain with: those of damped units move slowly, also when they want nothing at the moment. */
  slowed(wants: ReadonlyMap<string, number>, now: number): Map<string, number> {
    const slowed = new Map(wants);
    for (const [unit, damped] of this.#damped) {
      if (damped.until <= now) {
        this.#damped.delete(unit);
        continue;
      }
      const by = (wants.get(unit) ?? 0) - damped.wants;
      if (Math.abs(by) > DEADBAND * damped.wants) damped.wants += GAIN * by;
      slowed.set(unit, damped.wants);
    }
    this.#last = wants;
    return slowed;
  }

  /** Those that swing against each other begin from the middle: each has been above and below it. */
  #middle(unit: string, units: readonly string[]): number {
    const all = units.map((name) => this.#last.get(name) ?? 0);
    return all.length === 0 ? (this.#last.get(unit) ?? 0) : all.reduce((sum, n) => sum + n, 0) / all.length;
  }
}
