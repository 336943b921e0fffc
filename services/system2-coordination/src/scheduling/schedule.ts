import { type Answer, type DataOf, type Granted, openAt, type RateLimit, type Turn, type Window } from '@vsmcp/vsm';
import { Away } from './away.js';
import { Parts } from './parts.js';

/** One request to call a server and the replica that has it. */
export type TurnRequest = DataOf<typeof Turn>['turns'][number] & { instance: string };

/** An answer and the unit and replica it is for. Times in ms. */
export interface Given {
  grant: Granted;
  instance: string;
  unit: string;
  server: string;
  /** From the request to the answer. */
  waited: number;
}

type Shown = Answer<'coordination'>['schedules'][number];

/** Requests that wait at the same time for one server; further ones are told to ask again. */
const MOST_WAITING = 10_000;
/** Units that are remembered a server. */
const MOST_UNITS = 1000;
/** More than any server is called. */
const ANY: RateLimit = { calls: 1e9, per: 1000 };

interface Waiting extends TurnRequest {
  since: number;
}

interface Unit {
  queue: Waiting[];
  away: Away;
  /** Virtual time at which its last turn ends. */
  finish: number;
  granted: number;
  waited: number;
  total: number;
  longest: number;
}

/** The use that a server's owner allows: so many calls in a time, and opening hours. At least one of them. */
export interface Allowed {
  rate?: RateLimit | undefined;
  open?: readonly Window[] | undefined;
}

/**
 * Deals one server's rate out to the units that want to call it. Each part of it (a tenth of the calls in a tenth of
 * the time, where that divides) goes to the units by start-time fair queueing (Goyal, Vin, Cheng 1996): by weight,
 * whatever each asks for, and nothing of what one does not use is lost to the others. Never more calls are granted in
 * any stretch of the time than the rate says. While the server is closed nobody has a turn, and all come again just
 * before it opens: then what waited is dealt out in the same way, and not to who happened to come first. Decides on
 * plain data.
 */
export class Schedule {
  readonly #rate: RateLimit | undefined;
  readonly #windows: readonly Window[];
  readonly #weight: (unit: string) => number;
  readonly #parts: Parts | undefined;
  /** Open or closed, and until when that holds, ms since the epoch. */
  #hours = { open: true, until: Number.NEGATIVE_INFINITY };
  readonly #units = new Map<string, Unit>();
  #virtual = 0;
  #granted = 0;

  /** @param notBefore no turn before this instant (ms since the epoch): those of an earlier leader may still count */
  constructor({ rate, open = [] }: Allowed, weight: (unit: string) => number, notBefore: number) {
    this.#rate = rate;
    this.#windows = open;
    this.#weight = weight;
    this.#parts = rate && new Parts(rate, notBefore);
  }

  /** Asks for a turn. It is granted now, or waits for as long as it has patience. */
  ask(request: TurnRequest, now: number): void {
    const unit = this.#unit(request.unit);
    unit.away.came(now);
    const calls = Math.min(request.calls, this.#rate?.calls ?? request.calls);
    unit.queue.push({ ...request, calls, since: now });
  }

  /** Turns that are granted by now, and requests that have no more patience. */
  deal(now: number): Given[] {
    if (this.#closed(now) !== undefined) return this.#impatient(now);
    const given: Given[] = [];
    for (let next = this.#next(); next && this.#fits(next.head, now); next = this.#next()) {
      const { unit, head, start } = next;
      unit.queue.shift();
      this.#virtual = start;
      unit.finish = start + head.calls / this.#weight(head.unit);
      this.#parts?.take(head.calls, now);
      const waited = now - head.since;
      this.#granted += head.calls;
      unit.granted += head.calls;
      if (waited > 0) {
        unit.waited += 1;
        unit.total += waited;
        unit.longest = Math.max(unit.longest, waited);
      }
      given.push(answer(head, waited, { claim: head.turn, granted: true }));
    }
    return [...given, ...this.#impatient(now)];
  }

  /** Requests that wait here. */
  get waiting(): number {
    let sum = 0;
    for (const { queue } of this.#units.values()) sum += queue.length;
    return sum;
  }

  view(server: string, now: number): Shown {
    const units = [...this.#units].map(([unit, { granted, waited, total, longest, queue, away }]) => ({
      unit,
      granted,
      waited,
      total,
      longest,
      waiting: queue.length + away.count(now),
    }));
    const closed = this.#closed(now);
    const shown = { server, ...this.#rate, ...(closed !== undefined && { closed }) };
    return { ...shown, granted: this.#granted, units: units.sort((a, b) => b.granted - a.granted) };
  }

  /** Until when it is closed, ms since the epoch; undefined while it is open. */
  #closed(now: number): number | undefined {
    if (this.#windows.length === 0) return undefined;
    if (now >= this.#hours.until) this.#hours = openAt(this.#windows, now);
    return this.#hours.open ? undefined : this.#hours.until;
  }

  /** Requests that have waited for as long as they could are told to ask again. */
  #impatient(now: number): Given[] {
    const given: Given[] = [];
    const closed = this.#closed(now);
    let left = this.waiting;
    for (const unit of this.#units.values()) {
      const stays: Waiting[] = [];
      for (const one of unit.queue) {
        if (now - one.since < one.patience && left <= MOST_WAITING) stays.push(one);
        else {
          left -= 1;
          const wait =
            closed === undefined
              ? unit.away.inTurn(now, stays.length, this.#rate ?? ANY)
              : unit.away.untilOpen(now, closed);
          const reason = `${one.server} ${this.#because(closed)}`;
          given.push(answer(one, now - one.since, { claim: one.turn, granted: false, wait, reason }));
        }
      }
      unit.queue = stays;
    }
    return given;
  }

  #because(closed: number | undefined): string {
    if (closed !== undefined) return `is closed until ${new Date(closed).toISOString()}`;
    return this.#rate
      ? `is called ${this.#rate.calls} times in ${this.#rate.per / 1000} s at most`
      : 'has too many wait';
  }

  /** The first request of the unit whose turn begins first in virtual time. */
  #next(): { unit: Unit; head: Waiting; start: number } | undefined {
    let best: { unit: Unit; head: Waiting; start: number } | undefined;
    for (const unit of this.#units.values()) {
      const [head] = unit.queue;
      const start = Math.max(this.#virtual, unit.finish);
      if (head && (!best || start < best.start)) best = { unit, head, start };
    }
    return best;
  }

  #fits({ calls }: Waiting, now: number): boolean {
    return this.#parts?.fits(calls, now) ?? true;
  }

  #unit(name: string): Unit {
    const known = this.#units.get(name);
    if (known) return known;
    const idle = [...this.#units].find(([, { queue }]) => queue.length === 0);
    if (this.#units.size >= MOST_UNITS && idle) this.#units.delete(idle[0]);
    const fresh = { queue: [], away: new Away(), finish: 0, granted: 0, waited: 0, total: 0, longest: 0 };
    this.#units.set(name, fresh);
    return fresh;
  }
}

function answer({ instance, unit, server }: Waiting, waited: number, grant: Granted): Given {
  return { grant, instance, unit, server, waited };
}
