import { type SHARES_OF_THE_POOL, THEIR_LOAD } from '@vsmcp/vsm';
import type { Found } from './loops.js';
import { alike, LENGTH, type Swing, swingOf } from './swings.js';

/** Milliseconds from one sample of the shares to the next. */
const SAMPLE = 1000;
/** Milliseconds from one look for swings to the next. */
const LOOK = 5000;
/** A replica's report counts for this long, ms. */
const FRESH = 3 * SAMPLE;
/**
 * Milliseconds without a swing after which a loop is over, at first; each time that it comes back soon after, twice as
 * long.
 */
const QUIET = 120_000;
const MOST_QUIET = 32 * QUIET;
/** One that is found within this time (ms) after the last was over is that one again. */
const RELAPSE = 600_000;
/** Units that are watched, those with the largest shares. */
const MOST_UNITS = 1000;
const MINUTE = 60_000;

/**
 * Correlation below which the one has what the other has not; heaps that last a fifth of the time and never meet have
 * −0.25.
 */
const OPPOSED = -0.2;

/** The part of the grants that must be under way for shares to say anything. */
const FILLED = 0.5;

/**
 * True where units want what they are granted: idle slots are lent to any unit that stirs and taken back, and that is
 * not a swing.
 * @param granted, running unit → operations at the same time
 */
export function areFilled(granted: Record<string, number>, running: Record<string, number>): boolean {
  const sum = (of: Record<string, number>) => Object.values(of).reduce((all, n) => all + n, 0);
  return sum(running) >= FILLED * sum(granted);
}

/**
 * Watches figures of the units, as the replicas tell them, for some that swing: what System 3 grants, and the load,
 * where the one has what the other has not (a rhythm of the environment, which all have together, is nobody's to damp).
 * A loop is found when a swing goes on, damped when the swing is gone (System 3 hears of the loop and moves those
 * shares slowly), and settled when it has been gone for two minutes. One that comes back is damped for twice as long
 * each time: what feeds it has not gone. Decides on plain data; times in ms since the epoch.
 */
export class Swinging {
  readonly #said = new Map<string, { units: Record<string, number>; at: number }>();
  readonly #series = new Map<string, number[]>();
  #watched: { found: Found; swung: number } | undefined;
  /** How long the next calm is to last, and when the last loop was over. */
  #quiet = QUIET;
  #settled = Number.NEGATIVE_INFINITY;

  #sampled = Number.NEGATIVE_INFINITY;
  #looked = Number.NEGATIVE_INFINITY;

  readonly #what: typeof SHARES_OF_THE_POOL | typeof THEIR_LOAD;

  constructor(what: typeof SHARES_OF_THE_POOL | typeof THEIR_LOAD) {
    this.#what = what;
  }

  get loops(): Found[] {
    return this.#watched ? [this.#watched.found] : [];
  }

  /** The report of one replica on its units. */
  said(instance: string, units: Record<string, number>, now: number): void {
    this.#said.set(instance, { units, at: now });
  }

  /** Samples once a second, and looks every few seconds; to be called more often. @returns what there is to be told */
  tick(now: number): Found[] {
    if (now - this.#sampled >= SAMPLE) {
      this.sample(now);
      // In step, though the calls are not.
      this.#sampled = now - this.#sampled < 2 * SAMPLE ? this.#sampled + SAMPLE : now;
    }
    if (now - this.#looked < LOOK) return [];
    this.#looked = now;
    return this.check(now);
  }

  /** Takes one sample of every unit's share over all replicas. To be called every `SAMPLE` ms. */
  sample(now: number): void {
    const sums = new Map<string, number>();
    for (const [instance, { units, at }] of this.#said) {
      if (now - at > FRESH) this.#said.delete(instance);
      else for (const [unit, slots] of Object.entries(units)) sums.set(unit, (sums.get(unit) ?? 0) + slots);
    }
    const largest = [...sums].sort(([, a], [, b]) => b - a).slice(0, MOST_UNITS);
    for (const [unit] of largest) if (!this.#series.has(unit)) this.#series.set(unit, []);
    for (const [unit, series] of this.#series) {
      series.push(sums.get(unit) ?? 0);
      if (series.length > LENGTH) series.shift();
      if (series.every((slots) => slots === 0)) this.#series.delete(unit);
    }
  }

  /** The news about it, if there is any. */
  check(now: number): Found[] {
    const swings = [...this.#series].flatMap(([unit, series]) => {
      const swing = swingOf(series);
      return swing ? [{ unit, swing }] : [];
    });
    const between = this.#what === THEIR_LOAD ? swings.filter(({ unit }) => this.#isOpposed(unit, swings)) : swings;
    return between.length > 0 ? this.#swings(between, now) : this.#calm(now);
  }

  #isOpposed(unit: string, swings: readonly { unit: string }[]): boolean {
    const mine = this.#series.get(unit) ?? [];
    return swings.some((other) => {
      const theirs = this.#series.get(other.unit) ?? [];
      const most = Math.min(mine.length, theirs.length);
      return other.unit !== unit && alike(mine.slice(-most), theirs.slice(-most)) < OPPOSED;
    });
  }

  #swings(swings: readonly { unit: string; swing: Swing }[], now: number): Found[] {
    const known = this.#watched?.found;
    if (!known) this.#quiet = now - this.#settled < RELAPSE ? Math.min(MOST_QUIET, 2 * this.#quiet) : QUIET;
    const fresh = swings.map(({ unit }) => unit).filter((unit) => !known?.units.includes(unit));
    const [fastest = 1] = swings.map(({ swing }) => swing.period).sort((a, b) => a - b);
    // From high to low and back are two turns.
    const before = (2 * MINUTE) / (fastest * SAMPLE);
    const units = [...(known?.units ?? []), ...fresh].sort();
    const found: Found = { resource: this.#what, units, state: 'found', before, limit: 0 };
    const isNews = known?.state !== 'found' || fresh.length > 0;
    this.#watched = { found: isNews ? found : known, swung: now };
    return isNews ? [found] : [];
  }

  #calm(now: number): Found[] {
    if (!this.#watched) return [];
    const { found, swung } = this.#watched;
    if (now - swung >= this.#quiet) {
      this.#watched = undefined;
      this.#settled = now;
      return [{ ...found, state: 'settled' }];
    }
    if (found.state === 'damped') return [];
    const damped: Found = { ...found, state: 'damped' };
    this.#watched = { found: damped, swung };
    return [damped];
  }
}
