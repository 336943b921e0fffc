import type { Answer, DataOf, Granted, RateLimit, Turn } from '@vsmcp/vsm';

/** One wish to call a server and the replica that has it. */
export type TurnWish = DataOf<typeof Turn>['turns'][number] & { instance: string };

/** An answer and who it is for. Times in ms. */
export interface Given {
  grant: Granted;
  instance: string;
  unit: string;
  server: string;
  /** From the wish to the answer. */
  waited: number;
}

type Shown = Answer<'coordination'>['schedules'][number];

/** A rate is dealt out in at most this many parts, so that who comes new waits for one of them and not for the whole time. */
const PARTS = 10;
/** The most calls that one response makes. */
const MOST_CALLS = 5;
/** Wishes that wait at the same time for one server; further ones are told to ask again. */
const MOST_WAITING = 10_000;
/** A unit of which nothing was heard for this long (ms) has nothing that comes again. */
const GONE = 120_000;
/** Units that are remembered a server. */
const MOST_UNITS = 1000;
/** Times (ms) after which System 1 can ask again; the largest that is not too late is told. */
const AGAIN = [30_000, 5000, 1000];

interface Waiting extends TurnWish {
  since: number;
}

interface Unit {
  queue: Waiting[];
  /** Wishes that were told to ask again and have not yet. */
  away: number;
  /** When it last asked. */
  asked: number;
  /** Virtual time at which its last turn ends. */
  finish: number;
  granted: number;
  waited: number;
  total: number;
  longest: number;
}

/**
 * Deals one server's rate out to the units that want to call it. Each part of it (a tenth of the calls in a tenth of the time, where that divides)
 * goes to the units by start-time fair queueing (Goyal, Vin, Cheng 1996): by weight, whatever each asks for, and nothing of what one does
 * not use is lost to the others. Never more calls are granted in any stretch of the time than the rate says. Decides on plain data.
 */
export class Schedule {
  readonly #rate: RateLimit;
  readonly #weight: (unit: string) => number;
  /** Calls of a part, and its time, ms. */
  readonly #part: RateLimit;
  readonly #units = new Map<string, Unit>();
  /** Calls that still count. */
  #taken: { calls: number; until: number }[] = [];
  /** When the last of them no longer counts. */
  #free = Number.NEGATIVE_INFINITY;
  #virtual = 0;
  #granted = 0;

  /** @param notBefore no turn before this instant (ms since the epoch): those of an earlier leader may still count */
  constructor(rate: RateLimit, weight: (unit: string) => number, notBefore: number) {
    this.#rate = rate;
    this.#weight = weight;
    this.#part = partOf(rate);
    if (notBefore <= 0) return;
    this.#taken.push({ calls: this.#part.calls, until: notBefore });
    this.#free = notBefore;
  }

  /** Milliseconds for which the calls of a leader that is gone may still count. */
  static settling(rate: RateLimit): number {
    const part = partOf(rate);
    return part.per * Math.ceil(MOST_CALLS / part.calls);
  }

  /** Asks for a turn. It is granted now, or waits for as long as it has patience. */
  ask(wish: TurnWish, now: number): void {
    const unit = this.#unit(wish.unit);
    unit.away = now - unit.asked > GONE ? 0 : Math.max(0, unit.away - 1);
    unit.asked = now;
    unit.queue.push({ ...wish, calls: Math.min(wish.calls, this.#rate.calls), since: now });
  }

  /** Turns that are granted by now, and wishes that have no more patience. */
  deal(now: number): Given[] {
    this.#taken = this.#taken.filter(({ until }) => until > now);
    const given: Given[] = [];
    for (let next = this.#next(); next && this.#fits(next.head.calls, now); next = this.#next()) {
      const { unit, head, start } = next;
      unit.queue.shift();
      this.#virtual = start;
      unit.finish = start + head.calls / this.#weight(head.unit);
      this.#take(head.calls, now);
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

  /** Wishes that wait here. */
  get waiting(): number {
    let sum = 0;
    for (const { queue } of this.#units.values()) sum += queue.length;
    return sum;
  }

  view(server: string, now: number): Shown {
    const units = [...this.#units].map(([unit, { granted, waited, total, longest, queue, away, asked }]) => ({
      ...{ unit, granted, waited, total, longest },
      waiting: queue.length + (now - asked > GONE ? 0 : away),
    }));
    const { calls, per } = this.#rate;
    return { server, calls, per, granted: this.#granted, units: units.sort((a, b) => b.granted - a.granted) };
  }

  /** Who has waited for as long as it could is told to ask again. */
  #impatient(now: number): Given[] {
    const given: Given[] = [];
    let left = this.waiting;
    for (const unit of this.#units.values()) {
      const stays: Waiting[] = [];
      for (const one of unit.queue) {
        if (now - one.since < one.patience && left <= MOST_WAITING) stays.push(one);
        else {
          left -= 1;
          unit.away += 1;
          const until = ((unit.queue.length + unit.away) * this.#part.per) / this.#part.calls;
          const wait = AGAIN.find((ms) => ms <= until) ?? 1000;
          const reason = `${one.server} is called ${this.#rate.calls} times in ${this.#rate.per / 1000} s at most`;
          given.push(answer(one, now - one.since, { claim: one.turn, granted: false, wait, reason }));
        }
      }
      unit.queue = stays;
    }
    return given;
  }

  /** The first wish of the unit whose turn begins first in virtual time. */
  #next(): { unit: Unit; head: Waiting; start: number } | undefined {
    let best: { unit: Unit; head: Waiting; start: number } | undefined;
    for (const unit of this.#units.values()) {
      const [head] = unit.queue;
      const start = Math.max(this.#virtual, unit.finish);
      if (head && (!best || start < best.start)) best = { unit, head, start };
    }
    return best;
  }

  /** More calls than a part has, for a response of several steps, have quiet before and after them. */
  #fits(calls: number, now: number): boolean {
    const { calls: most, per } = this.#part;
    if (calls > most) return this.#taken.length === 0 && now >= this.#free + per * (Math.ceil(calls / most) - 1);
    return this.#taken.reduce((sum, taken) => sum + taken.calls, 0) + calls <= most;
  }

  #take(calls: number, now: number): void {
    const until = now + this.#part.per * Math.ceil(calls / this.#part.calls);
    this.#taken.push({ calls, until });
    this.#free = Math.max(this.#free, until);
  }

  #unit(name: string): Unit {
    const known = this.#units.get(name);
    if (known) return known;
    const idle = [...this.#units].find(([, { queue }]) => queue.length === 0);
    if (this.#units.size >= MOST_UNITS && idle) this.#units.delete(idle[0]);
    const fresh = { queue: [], away: 0, asked: 0, finish: 0, granted: 0, waited: 0, total: 0, longest: 0 };
    this.#units.set(name, fresh);
    return fresh;
  }
}

/** The largest whole part of the calls that divides them, and its part of the time: what keeps to it keeps to the whole rate. */
function partOf({ calls, per }: RateLimit): RateLimit {
  let part = Math.max(1, Math.floor(calls / PARTS));
  while (calls % part !== 0) part -= 1;
  return { calls: part, per: (per * part) / calls };
}

function answer({ instance, unit, server }: Waiting, waited: number, grant: Granted): Given {
  return { grant, instance, unit, server, waited };
}
