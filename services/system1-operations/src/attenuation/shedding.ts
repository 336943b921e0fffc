import { type CloudEvent, USUAL_PRIORITY } from '@vsmcp/vsm';

/**
 * An event that is not seen again so long (ms) after it should have come waits elsewhere: at another replica, or no
 * more.
 */
const UNSEEN = 5000;

/** 0 to 9. The operator's word goes before the publisher's. @param of what the response says */
export function priorityOf(event: CloudEvent, of: number | undefined): number {
  if (of !== undefined) return of;
  const said = Number(event.priority ?? Number.NaN);
  return Number.isInteger(said) && said >= 0 && said <= 9 ? said : USUAL_PRIORITY;
}

interface Waiting {
  priority: number;
  /** Until when it counts. */
  until: number;
  /** Another took its place in the queue: it is shed when it comes again. */
  doomed: boolean;
}

/**
 * The queue of a unit, as this replica sees it: events that found no slot and were turned away, to come again in a
 * moment. Beyond the unit's `queue` the least important are shed, of equals the latest. Times in ms since the epoch.
 */
export class Shedding {
  readonly #units = new Map<string, Map<string, Waiting>>();
  #floors: { of: ReadonlyMap<string, number>; until: number } = { of: new Map(), until: Number.NEGATIVE_INFINITY };

  /**
   * System 3's word, in place of what it said before: below these priorities the units' events are shed at once, until
   * then.
   */
  command(floors: ReadonlyMap<string, number>, until: number): void {
    this.#floors = { of: floors, until };
  }

  /** Why an event that comes (again) is shed, before anything is done for it. */
  onArrival(unit: string, event: string, priority: number, now: number): string | undefined {
    const floor = now < this.#floors.until ? this.#floors.of.get(unit) : undefined;
    if (floor !== undefined && priority < floor) {
      return `System 3 has unit ${unit} do only what has priority ${floor} or more; this has ${priority}`;
    }
    if (this.#units.get(unit)?.get(event)?.doomed !== true) return undefined;
    this.leave(unit, event);
    return full(unit, priority);
  }

  /**
   * An event found no slot, and would come again.
   * @param most the unit's `queue`
   * @param delay ms after which it would
   * @returns why it is shed instead
   */
  turnedAway(
    unit: string,
    event: string,
    priority: number,
    { most, delay, now }: { most: number; delay: number; now: number },
  ): string | undefined {
    const waiting = this.#units.get(unit) ?? new Map<string, Waiting>();
    this.#units.set(unit, waiting);
    waiting.delete(event);
    waiting.set(event, { priority, until: now + delay + UNSEEN, doomed: false });
    for (const [name, one] of waiting) if (one.until < now) waiting.delete(name);
    const living = [...waiting].filter(([, one]) => !one.doomed);
    if (living.length <= most) return undefined;
    const [least, first] = living.reduce((low, one) => (one[1].priority <= low[1].priority ? one : low));
    if (least !== event) {
      first.doomed = true;
      return undefined;
    }
    this.leave(unit, event);
    return full(unit, priority);
  }

  /** The event waits no more. */
  leave(unit: string, event: string): void {
    const waiting = this.#units.get(unit);
    waiting?.delete(event);
    if (waiting?.size === 0) this.#units.delete(unit);
  }

  /** Events of the unit that wait. */
  waiting(unit: string, now: number): number {
    let sum = 0;
    for (const { until, doomed } of this.#units.get(unit)?.values() ?? []) if (!doomed && now <= until) sum++;
    return sum;
  }
}

function full(unit: string, priority: number): string {
  return `more events wait for unit ${unit} than its queue holds, and this one has priority ${priority}`;
}
