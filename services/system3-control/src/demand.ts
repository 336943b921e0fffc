import type { DataOf, Load } from '@vsmcp/vsm';

type Report = DataOf<typeof Load>;

/** Milliseconds that are looked at: a few reports, so that one second more or less does not move anybody's share. */
const WINDOW = 5000;
/** A replica that said nothing for this long (ms; three heartbeats) has no part in the pool. */
const LIVING = 6000;
/** What turns away for lack of a place comes again after this long (ms). */
const COMES_AGAIN = 1000;
/** The time (ms) that an operation is taken to need until one has ended. */
const UNKNOWN = 1000;

/** What a unit could use now. All in operations at the same time. */
export interface Demand {
  unit: string;
  /** What it has under way, in the mean or right now, whichever is more. */
  used: number;
  /** What those that were turned away would need beside. */
  waiting: number;
}

interface Second {
  at: number;
  instance: string;
  units: Report['units'];
}

/** What the units want, and what there is, from the replicas' reports. Times in ms since the epoch. */
export class Demands {
  #reports: Second[] = [];
  readonly #replicas = new Map<string, { capacity: number; at: number }>();
  readonly #usual: number;

  /** @param usual capacity of a replica that has not said its own yet */
  constructor(usual: number) {
    this.#usual = usual;
  }

  load({ instance, capacity, units }: Report, now: number): void {
    this.#replicas.set(instance, { capacity, at: now });
    this.#reports.push({ at: now, instance, units });
  }

  /** A heartbeat of a replica. @param leaving it takes no more work */
  alive(instance: string, now: number, leaving: boolean): void {
    if (leaving) this.#replicas.delete(instance);
    else this.#replicas.set(instance, { capacity: this.#replicas.get(instance)?.capacity ?? this.#usual, at: now });
  }

  /** Living replicas and what each can run at the same time, by name. */
  replicas(now: number): { instance: string; capacity: number }[] {
    for (const [instance, { at }] of this.#replicas) if (now - at > LIVING) this.#replicas.delete(instance);
    return [...this.#replicas]
      .map(([instance, { capacity }]) => ({ instance, capacity }))
      .sort((a, b) => (a.instance < b.instance ? -1 : 1));
  }

  /** Units that do or want something, by name. */
  demands(now: number): Demand[] {
    this.#reports = this.#reports.filter(({ at }) => at > now - WINDOW);
    const units = new Map<string, { busy: number; ended: number; turned: number; running: Map<string, number> }>();
    for (const { instance, units: said } of this.#reports) {
      for (const [unit, { busy, outcomes, turned, running }] of Object.entries(said)) {
        const sums = units.get(unit) ?? { busy: 0, ended: 0, turned: 0, running: new Map<string, number>() };
        sums.busy += busy;
        sums.ended += (outcomes.answered ?? 0) + (outcomes.dead ?? 0) + (outcomes.doubt ?? 0);
        sums.turned += turned ?? 0;
        sums.running.set(instance, running ?? 0);
        units.set(unit, sums);
      }
    }
    return [...units]
      .map(([unit, { busy, ended, turned, running }]) => {
        const now = [...running.values()].reduce((sum, n) => sum + n, 0);
        const pace = ended > 0 && busy > 0 ? busy / ended : UNKNOWN;
        // Each that waits is turned away once in the time after which it comes again; meanwhile it would need its pace.
        const waiting = (turned * COMES_AGAIN) / WINDOW;
        return {
          unit,
          used: Math.max(busy / WINDOW, now),
          waiting: (waiting * Math.max(pace, COMES_AGAIN)) / COMES_AGAIN,
        };
      })
      .filter(({ used, waiting }) => used + waiting > 0)
      .sort((a, b) => (a.unit < b.unit ? -1 : 1));
  }
}
