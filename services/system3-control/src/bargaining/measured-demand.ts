import { type DataOf, type Load, livingFor } from '@vsmcp/vsm';

type Report = DataOf<typeof Load>;

/** Milliseconds that are looked at: a few reports, so that one second more or less does not move anybody's share. */
const WINDOW = 5000;
/** An event that was turned away for lack of a slot comes again after this long (ms). */
const COMES_AGAIN = 1000;
/** The time (ms) that an operation is taken to need until one has ended. */
const UNKNOWN = 1000;

/** The demand of a unit now. In operations at the same time where nothing else is said. */
export interface MeasuredDemand {
  unit: string;
  /** Operations under way, in the mean or right now, whichever is more. */
  used: number;
  /** The need beside of events that were turned away. */
  waiting: number;
  /** The need beside of events that are shed. */
  shedding: number;
  /** Operations a second that one at a time makes. */
  pace: number;
  /** Id of the report that last said something of it. */
  cause: string;
}

interface Second {
  at: number;
  instance: string;
  units: Report['units'];
}

/** Over the window. `running`: replica → how many it said last, and when. */
interface Sums {
  busy: number;
  ended: number;
  turned: number;
  shed: number;
  running: Map<string, { n: number; at: number }>;
  cause: string;
}

/** The units' demand and the replicas' capacity, from the replicas' reports. Times in ms since the epoch. */
export class MeasuredDemands {
  #reports: Second[] = [];
  readonly #units = new Map<string, Sums>();
  /** `living`: ms without a word after which it has no part in the pool. */
  readonly #replicas = new Map<string, { capacity: number; at: number; living: number }>();
  readonly #usual: number;

  /** @param usual capacity of a replica that has not said its own yet */
  constructor(usual: number) {
    this.#usual = usual;
  }

  /** @param id of the report */
  load({ instance, capacity, units }: Report, now: number, id = ''): void {
    const living = this.#replicas.get(instance)?.living ?? livingFor();
    this.#replicas.set(instance, { capacity, at: now, living });
    this.#reports.push({ at: now, instance, units });
    for (const [unit, said] of Object.entries(units)) {
      const sums = this.#units.get(unit) ?? { busy: 0, ended: 0, turned: 0, shed: 0, running: new Map(), cause: id };
      this.#units.set(unit, sums);
      add(sums, said, 1);
      sums.running.set(instance, { n: said.running ?? 0, at: now });
      sums.cause = id;
    }
  }

  /** A heartbeat of a replica. @param leaving it takes no more work @param every ms until the next, where it says so */
  alive(instance: string, now: number, leaving: boolean, every?: number): void {
    const capacity = this.#replicas.get(instance)?.capacity ?? this.#usual;
    if (leaving) this.#replicas.delete(instance);
    else this.#replicas.set(instance, { capacity, at: now, living: livingFor(every) });
  }

  /** Living replicas and what each can run at the same time, by name. */
  replicas(now: number): { instance: string; capacity: number }[] {
    for (const [instance, { at, living }] of this.#replicas) if (now - at > living) this.#replicas.delete(instance);
    return [...this.#replicas]
      .map(([instance, { capacity }]) => ({ instance, capacity }))
      .sort((a, b) => (a.instance < b.instance ? -1 : 1));
  }

  /** Units that do or want something, by name. */
  demands(now: number): MeasuredDemand[] {
    this.#forget(now - WINDOW);
    const demands: MeasuredDemand[] = [];
    for (const [unit, sums] of this.#units) {
      const demand = measuredDemandOf(unit, sums);
      if (demand.used + demand.waiting + demand.shedding > 0) demands.push(demand);
    }
    return demands.sort((a, b) => (a.unit < b.unit ? -1 : 1));
  }

  #forget(before: number): void {
    const first = this.#reports.findIndex(({ at }) => at > before);
    const gone = this.#reports.splice(0, first === -1 ? this.#reports.length : first);
    for (const { at, instance, units } of gone) {
      for (const [unit, said] of Object.entries(units)) {
        const sums = this.#units.get(unit);
        if (sums === undefined) continue;
        add(sums, said, -1);
        if (sums.running.get(instance)?.at === at) sums.running.delete(instance);
        if (sums.running.size === 0) this.#units.delete(unit);
      }
    }
  }
}

function add(sums: Sums, { busy, outcomes, turned = 0 }: Report['units'][string], sign: 1 | -1): void {
  sums.busy += sign * busy;
  sums.ended += sign * ((outcomes.answered ?? 0) + (outcomes.dead ?? 0) + (outcomes.doubt ?? 0));
  sums.turned += sign * turned;
  sums.shed += sign * (outcomes.shed ?? 0);
}

function measuredDemandOf(unit: string, { busy, ended, turned, shed, running, cause }: Sums): MeasuredDemand {
  let now = 0;
  for (const { n } of running.values()) now += n;
  const lasts = ended > 0 && busy > 0 ? Math.max(1, busy / ended) : UNKNOWN;
  // Each that waits is turned away once in the time after which it comes again; meanwhile it would need its pace.
  const waiting = (turned * Math.max(lasts, COMES_AGAIN)) / WINDOW;
  const used = Math.max(busy / WINDOW, now);
  return { unit, used, waiting, shedding: (shed * lasts) / WINDOW, pace: 1000 / lasts, cause };
}
