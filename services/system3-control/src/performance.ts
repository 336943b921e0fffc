import type { Achievement, DataOf, Load, Performance } from '@vsmcp/vsm';

type Report = DataOf<typeof Load>;

/** Milliseconds that are looked at, and the length of one slot of them. */
export const WINDOW = 60_000;
const SLOT = 5000;
/** Answers a window must hold before ratios are said: below, one event more or less moves them by a tenth or more. */
const ENOUGH = 10;
const MINUTE = 60_000;
/** Units that are told, the busiest; efficiency counts all. */
const MOST_TOLD = 200;

interface Slot {
  answered: number;
  attempted: number;
  /** Milliseconds spent on events. */
  busy: number;
}

/** What is kept of the load reports. Times in ms since the epoch; slots by their number, time / SLOT. */
export interface Measured {
  /** Unit → slot → sums. */
  units: ReadonlyMap<string, ReadonlyMap<number, Slot>>;
  /** Unit → most answered events in any full window so far, as a rate a minute. */
  best: ReadonlyMap<string, number>;
  /** Replica → concurrency it may use, and when it said so. */
  capacity: ReadonlyMap<string, { slots: number; at: number }>;
  /** Since when is measured. */
  since: number;
}

export const unmeasured = (now: number): Measured => ({
  units: new Map(),
  best: new Map(),
  capacity: new Map(),
  since: now,
});

/** Takes a report of a replica in. Attempted are events that were answered or failed: dead or in doubt. */
export function measure(measured: Measured, report: Report): Measured {
  const slot = Math.floor(report.to / SLOT);
  const oldest = slot - WINDOW / SLOT;
  const units = new Map(measured.units);
  const best = new Map(measured.best);
  for (const [unit, load] of Object.entries(report.units)) {
    const { answered = 0, dead = 0, doubt = 0 } = load.outcomes;
    const slots = new Map([...(units.get(unit) ?? [])].filter(([n]) => n > oldest));
    const before = slots.get(slot) ?? { answered: 0, attempted: 0, busy: 0 };
    slots.set(slot, {
      answered: before.answered + answered,
      attempted: before.attempted + answered + dead + doubt,
      busy: before.busy + load.busy,
    });
    units.set(unit, slots);
    const rate = sum(slots, oldest).answered * (MINUTE / WINDOW);
    if (report.to - measured.since >= WINDOW) best.set(unit, Math.max(best.get(unit) ?? 0, rate));
  }
  const capacity = new Map(measured.capacity).set(report.instance, { slots: report.capacity, at: report.to });
  return { ...measured, units, best, capacity };
}

function sum(slots: ReadonlyMap<number, Slot>, oldest: number): Slot {
  const total = { answered: 0, attempted: 0, busy: 0 };
  for (const [n, slot] of slots) {
    if (n <= oldest) continue;
    total.answered += slot.answered;
    total.attempted += slot.attempted;
    total.busy += slot.busy;
  }
  return total;
}

/**
 * Beer's measures over the window that ends now (Brain of the Firm, ch. 11). Potentiality: the whole pool at the pace the
 * unit showed, concurrency × a minute / ms an answer.
 */
export function performanceOf(measured: Measured, now: number): DataOf<typeof Performance> {
  const oldest = Math.floor(now / SLOT) - WINDOW / SLOT;
  const pool = [...measured.capacity.values()].filter((c) => c.at >= now - WINDOW).reduce((n, c) => n + c.slots, 0);
  const achieved: [string, Achievement][] = [];
  let answered = 0;
  let attempted = 0;
  for (const [unit, slots] of measured.units) {
    const total = sum(slots, oldest);
    answered += total.answered;
    attempted += total.attempted;
    achieved.push([unit, achievementOf(total, measured.best.get(unit), pool)]);
  }
  const busiest = achieved.sort(([, a], [, b]) => b.actuality - a.actuality).slice(0, MOST_TOLD);
  const units = Object.fromEntries(busiest);
  return { window: WINDOW, efficiency: attempted > 0 ? answered / attempted : null, attempted, units };
}

function achievementOf({ answered, busy }: Slot, best: number | undefined, pool: number): Achievement {
  const actuality = answered * (MINUTE / WINDOW);
  const capability = best === undefined || best * (WINDOW / MINUTE) < ENOUGH ? null : Math.max(best, actuality);
  const pace = answered >= ENOUGH && busy > 0 ? (pool * MINUTE * answered) / busy : null;
  const potentiality = pace === null ? null : Math.max(pace, capability ?? actuality);
  const productivity = capability === null ? null : actuality / capability;
  const latency = capability === null || potentiality === null ? null : capability / potentiality;
  const performance = productivity === null || latency === null ? null : productivity * latency;
  return { actuality, capability, potentiality, productivity, latency, performance };
}

/** Forgets units and replicas that were silent for the whole window, so that what comes and goes does not pile up. */
export function forget(measured: Measured, now: number): Measured {
  const oldest = Math.floor(now / SLOT) - WINDOW / SLOT;
  const units = new Map([...measured.units].filter(([, slots]) => [...slots.keys()].some((n) => n > oldest)));
  const capacity = new Map([...measured.capacity].filter(([, { at }]) => at >= now - WINDOW));
  return { ...measured, units, capacity };
}
