import type { Rates } from './rates.js';
import { maxMinShares } from './shares.js';

export interface UnitShare {
  weight: number;
  minimum: number;
  cap?: number;
}

/** A unit counts as wanting its share for this long (ms) after it was last seen. */
const MEMORY = 2000;
/** Shares are worked out anew at most this often (ms). */
const PACE = 50;
/** Of the capacity, the part a unit can have; the rest is room for one that comes new. */
const ROOM = 0.9;
/**
 * A unit whose events waited in vain for a slot so lately (ms) has only so many wait: each keeps others of the replica
 * from coming.
 */
const VAIN = 250;
const MOST_WAITING = 8;
/** Of a unit's share, the part that one of its servers can fill: a server that hangs leaves room for the others. */
const ONE_SERVER = 0.8;

/**
 * The replica's concurrency, parted among the units that want some now: as System 3 has granted it for as long as that
 * lasts, and by itself otherwise (weighted max-min, no unit past its cap). Who is past its share is turned away and
 * comes again later, so that one slow unit starves nobody.
 */
export class Bulkhead {
  readonly capacity: number;
  readonly #share: (unit: string) => UnitShare;
  readonly #rates: Rates | undefined;
  readonly #units = new Map<string, { running: number; seen: number; share: number; servers: Map<string, number> }>();
  readonly #waits = new Map<string, { waiting: number; vain: number }>();
  #running = 0;
  #grants: { slots: ReadonlyMap<string, number>; until: number } = {
    slots: new Map(),
    until: Number.NEGATIVE_INFINITY,
  };
  #computed = Number.NEGATIVE_INFINITY;

  /** @param capacity operations at the same time @param rates where operations a second are shared too */
  constructor(capacity: number, share: (unit: string) => UnitShare, rates?: Rates) {
    this.capacity = capacity;
    this.#share = share;
    this.#rates = rates;
  }

  get running(): number {
    return this.#running;
  }

  /** Unit → operations under way. */
  underWay(): Map<string, number> {
    return new Map([...this.#units].flatMap(([unit, { running }]) => (running > 0 ? [[unit, running]] : [])));
  }

  /** System 3's word on what units may run here, in place of what it said before. @param until ms since the epoch */
  grant(slots: ReadonlyMap<string, number>, until: number): void {
    this.#grants = { slots, until };
    this.#computed = Number.NEGATIVE_INFINITY;
  }

  /**
   * Enters an operation of the unit; the returned function lets it out. Undefined when the unit or the server is past
   * its share.
   * @param now ms since the epoch
   * @param again it was in before, and began then
   */
  enter(unit: string, server: string, now: number, again = false): (() => void) | undefined {
    let figures = this.#units.get(unit);
    if (figures === undefined) {
      figures = { running: 0, seen: now, share: 0, servers: new Map() };
      this.#units.set(unit, figures);
      this.#computed = Number.NEGATIVE_INFINITY;
    }
    figures.seen = now;
    if (now - this.#computed >= PACE) this.#compute(now);
    const atServer = figures.servers.get(server) ?? 0;
    const granted = this.#granted(unit, now);
    // A unit without a share of its own may run one where there is room; one that has all it may have elsewhere has
    // none here.
    const most = granted ?? Math.max(1, Math.floor(figures.share));
    if (this.#running >= this.capacity || figures.running >= most) return undefined;
    if (atServer >= Math.max(1, Math.floor(most * ONE_SERVER))) return undefined;
    if (!again && this.#rates?.take(unit, now) === false) return undefined;
    figures.running++;
    figures.servers.set(server, atServer + 1);
    this.#running++;
    const mine = figures;
    let out = false;
    return () => {
      if (out) return;
      out = true;
      mine.running--;
      this.#running--;
      const left = (mine.servers.get(server) ?? 1) - 1;
      if (left > 0) mine.servers.set(server, left);
      else mine.servers.delete(server);
    };
  }

  /**
   * Waits for a slot of the unit's, a moment; the returned function says how that ended. Undefined when it should not
   * wait.
   * @param now ms since the epoch
   */
  wait(unit: string, now: number): ((found: boolean, now: number) => void) | undefined {
    const waits = this.#waits.get(unit) ?? { waiting: 0, vain: Number.NEGATIVE_INFINITY };
    if (now - waits.vain < VAIN && waits.waiting >= MOST_WAITING) return undefined;
    waits.waiting++;
    this.#waits.set(unit, waits);
    return (found, then) => {
      waits.waiting--;
      waits.vain = found ? Number.NEGATIVE_INFINITY : then;
      if (waits.waiting === 0 && found) this.#waits.delete(unit);
    };
  }

  #compute(now: number): void {
    this.#computed = now;
    for (const [name, { waiting, vain }] of this.#waits) {
      if (waiting === 0 && now - vain > VAIN) this.#waits.delete(name);
    }
    for (const [name, unit] of this.#units) {
      if (unit.running === 0 && now - unit.seen > MEMORY) this.#units.delete(name);
    }
    const active = [...this.#units].filter(([name]) => this.#granted(name, now) === undefined);
    const room = (this.capacity > 1 ? this.capacity * ROOM : this.capacity) - this.#grantedInAll(now);
    const shares = maxMinShares(
      active.map(([name]) => ({ ...this.#share(name), wants: this.capacity })),
      Math.max(0, room),
    );
    for (const [i, [, unit]] of active.entries()) unit.share = shares[i] ?? 0;
  }

  #granted(unit: string, now: number): number | undefined {
    return now < this.#grants.until ? this.#grants.slots.get(unit) : undefined;
  }

  #grantedInAll(now: number): number {
    if (now >= this.#grants.until) return 0;
    let sum = 0;
    for (const slots of this.#grants.slots.values()) sum += slots;
    return sum;
  }
}
