import type { DataOf, Loop, Precedence } from '@vsmcp/vsm';
import { fightIn, rate, type Turn } from './turns.js';

export type Found = DataOf<typeof Loop>;

const MINUTE = 60_000;
/** Turns a minute that a damped resource lets through, and the ms from one to the next. */
export const LIMIT = 2;
export const APART = MINUTE / LIMIT;
/** Milliseconds without anybody asking after which a loop is over. */
export const QUIET = 2 * MINUTE;
/** Milliseconds after which a unit that was promised a turn and did not come loses it. */
const NO_SHOW = APART;

/** One resource: its turns of the last minute, and how it is damped. Times in ms since the epoch. */
interface Watched {
  turns: Turn[];
  damped?: Damped;
}

interface Damped {
  loop: Found;
  /** When somebody last asked for the resource. */
  asked: number;
  /** When the last turn was let through. */
  last: number;
  /** Unit → when its turn is. */
  promised: Map<string, number>;
}

/**
 * Sees units that undo each other (`turns.ts`). A loop is damped: turns are promised to its units one after the other,
 * half a minute apart, until nobody asked for two minutes. Decides on plain data; the caller passes the time in.
 */
export class Loops {
  readonly #watched = new Map<string, Watched>();

  /** Loops that are being damped. */
  get damped(): Found[] {
    return [...this.#watched.values()].flatMap(({ damped }) => (damped ? [damped.loop] : []));
  }

  /** Takes over what an earlier leader had found. */
  restore(loop: Found, now: number): void {
    if (loop.state === 'settled') this.#watched.delete(loop.resource);
    else this.#damp(this.#watch(loop.resource), loop, now);
  }

  /**
   * How long (ms) a unit must wait before it may have a turn on all of the resources; 0: now, and the turn is taken.
   * Only damped resources hold back.
   * @returns also whether the unit is held back anew, and the loops that hold back for the first time
   */
  hold(resources: readonly string[], unit: string, now: number): { wait: number; fresh: boolean; damped: Found[] } {
    // The unit whose purpose comes first is not held back: the others yield.
    const asked = [...new Set(resources)]
      .flatMap((resource) => this.#watched.get(resource)?.damped ?? [])
      .filter(({ loop }) => loop.first?.unit !== unit);
    for (const damped of asked) damped.asked = now;
    const fresh = asked.some((damped) => !damped.promised.has(unit));
    const wait = Math.max(0, ...asked.map((damped) => promise(damped, unit, now) - now));
    if (wait === 0) {
      for (const damped of asked) {
        damped.last = now;
        damped.promised.delete(unit);
      }
      return { wait, fresh: false, damped: [] };
    }
    const first = asked.filter((damped) => damped.loop.state === 'found');
    for (const damped of first) damped.loop = { ...damped.loop, state: 'damped' };
    return { wait, fresh, damped: first.map((damped) => damped.loop) };
  }

  /**
   * The purpose of one unit comes first on a resource: the others yield.
   * @returns the loop, or nothing where there is none with that unit
   */
  prefer(resource: string, first: Precedence): Found | undefined {
    const damped = this.#watched.get(resource)?.damped;
    if (!damped?.loop.units.includes(first.unit)) return undefined;
    damped.loop = { ...damped.loop, state: 'damped', first };
    return damped.loop;
  }

  /** Why a unit yields on one of the resources, if it does. */
  yields(resources: readonly string[], unit: string, now: number): string | undefined {
    for (const resource of resources) {
      const damped = this.#watched.get(resource)?.damped;
      const { first, units = [] } = damped?.loop ?? {};
      if (!damped || !first || first.unit === unit || !units.includes(unit)) continue;
      damped.asked = now;
      return `the purpose of ${first.unit} comes first on ${resource}: ${first.because} (${first.by})`;
    }
    return undefined;
  }

  /** The units that a unit meets on damped resources. */
  others(resources: readonly string[], unit: string): string[] {
    const units = resources.flatMap((resource) => this.#watched.get(resource)?.damped?.loop.units ?? []);
    return [...new Set(units)].filter((other) => other !== unit);
  }

  /** A unit was granted resources that it asked for at `asked`: one turn on each. Returns the loops that this shows. */
  granted(resources: readonly string[], unit: string, asked: number, now: number): Found[] {
    const found: Found[] = [];
    for (const resource of resources) {
      const watched = this.#watch(resource);
      const { turns } = watched;
      turns.push({ unit, asked, at: now });
      while (turns.length > MOST_TURNS || (turns[0]?.at ?? now) <= now - MINUTE) turns.shift();
      const fight = watched.damped ? [] : fightIn(turns);
      if (fight.length === 0) continue;
      const units = [...new Set(fight.map((turn) => turn.unit))];
      const loop: Found = { resource, units, state: 'found', before: rate(fight), limit: LIMIT };
      this.#damp(watched, loop, now);
      found.push(loop);
    }
    return found;
  }

  /** The passing of time: loops that have been quiet are settled, old turns forgotten. */
  tick(now: number): Found[] {
    const settled: Found[] = [];
    for (const [resource, watched] of this.#watched) {
      const { damped, turns } = watched;
      if (damped && now - damped.asked >= QUIET) settled.push({ ...damped.loop, state: 'settled' });
      else if (damped || turns.some((turn) => turn.at > now - MINUTE)) continue;
      this.#watched.delete(resource);
    }
    return settled;
  }

  #watch(resource: string): Watched {
    const known = this.#watched.get(resource);
    if (known) return known;
    const fresh = { turns: [] };
    this.#watched.set(resource, fresh);
    return fresh;
  }

  #damp(watched: Watched, loop: Found, now: number): void {
    watched.damped = { loop, asked: now, last: now, promised: new Map() };
  }
}

/** Turns kept a resource: enough to see a fight and measure its rate. */
const MOST_TURNS = 32;

/** When the unit's turn is: each unit has at most one promise, and turns are half a minute apart. */
function promise({ last, promised }: Damped, unit: string, now: number): number {
  for (const [other, at] of promised) if (at + NO_SHOW < now) promised.delete(other);
  const mine = promised.get(unit);
  const turn =
    mine === undefined
      ? Math.max(now, last + APART, ...[...promised.values()].map((at) => at + APART))
      : Math.max(mine, last + APART);
  promised.set(unit, turn);
  return turn;
}
