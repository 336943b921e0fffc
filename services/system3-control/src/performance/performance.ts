import type { Achievement, Counts, DataOf, Load, Performance } from '@vsmcp/vsm';

type Report = DataOf<typeof Load>;

/** Milliseconds that are looked at, and the length of one slot of them. */
export const WINDOW = 60_000;
const SLOT = 5000;
const MINUTE = 60_000;
/** Of those that were turned away for lack of a place, each came again after this long (ms). */
const COMES_AGAIN = 1000;
/** Units that are told, the busiest; the figures of the whole fleet count all. */
const MOST_TOLD = 200;

/** Events over some time. */
interface Sums {
  /** Seen for the first time, but for those that need no operation: noted, attenuated, refused. */
  asked: number;
  answered: number;
  /** Dead, or in doubt. */
  failed: number;
  shed: number;
  parked: number;
  turned: number;
  /** Milliseconds spent on events. */
  busy: number;
}

/** Operations that units may run at the same time, and of how many in all. */
export interface Granted {
  pool: number;
  slots: ReadonlyMap<string, number>;
}

/**
 * Measures performance as Beer did (Brain of the Firm, ch. 11), from the load reports of the last minute. Times in ms
 * since the epoch; slots by their number, time / SLOT.
 */
export class Achievements {
  /** Unit → slot → sums; unit '' stands for all, with what no unit absorbs. */
  readonly #units = new Map<string, Map<number, Sums>>();

  measure({ to, received, outcomes, units }: Report): void {
    const slot = Math.floor(to / SLOT);
    const all = this.#slot('', slot);
    for (const [unit, load] of Object.entries(units)) {
      const { turned = 0, busy } = load;
      const sums = this.#slot(unit, slot);
      add(sums, load.received, load.outcomes);
      sums.turned += turned;
      sums.busy += busy;
      all.turned += turned;
      all.busy += busy;
    }
    add(all, received, outcomes);
  }

  /** Over the window that ends now. */
  report(now: number, { pool, slots }: Granted): DataOf<typeof Performance> {
    const slot = Math.floor(now / SLOT);
    this.#forget(slot - WINDOW / SLOT);
    const told: [string, Achievement][] = [];
    let capability = 0;
    for (const [unit, some] of this.#units) {
      if (unit === '') continue;
      const achieved = achievementOf(sumOf(some), lastOf(some, slot), { slots: slots.get(unit), pool });
      capability += achieved.capability;
      told.push([unit, achieved]);
    }
    const all = this.#units.get('') ?? new Map<number, Sums>();
    const sums = sumOf(all);
    const fleet = achievementOf(sums, lastOf(all, slot), { capability, pool });
    const busiest = told.sort(([, a], [, b]) => b.potentiality - a.potentiality).slice(0, MOST_TOLD);
    return {
      window: WINDOW,
      efficiency: fleet.performance,
      attempted: sums.answered + sums.failed,
      fleet,
      units: Object.fromEntries(busiest),
    };
  }

  #slot(unit: string, slot: number): Sums {
    const slots = this.#units.get(unit) ?? new Map<number, Sums>();
    this.#units.set(unit, slots);
    const sums = slots.get(slot) ?? none();
    slots.set(slot, sums);
    return sums;
  }

  /** Units that were silent for the whole window go, so that what comes and goes does not pile up. */
  #forget(oldest: number): void {
    for (const [unit, slots] of this.#units) {
      for (const slot of slots.keys()) if (slot <= oldest) slots.delete(slot);
      if (slots.size === 0) this.#units.delete(unit);
    }
  }
}

/**
 * Against what the environment asks: of what came, as many as there are places for at the pace that was shown, with the
 * unit's own share (capability) and with the whole pool (potentiality).
 * @param waiting events that were turned away and come again
 * @param bounds slots granted, or the capability where that is known, and the pool
 */
function achievementOf(
  { asked, answered, failed, shed, parked, busy }: Sums,
  waiting: number,
  { slots, capability, pool }: { slots?: number | undefined; capability?: number; pool: number },
): Achievement {
  const perMinute = MINUTE / WINDOW;
  const pace = answered + failed > 0 && busy > 0 ? (MINUTE * (answered + failed)) / busy : Number.POSITIVE_INFINITY;
  const actuality = answered * perMinute;
  const reach = (answered + failed + shed + waiting) * perMinute;
  // An event that waited for a tool and was answered by now was asked for once.
  const missing = Math.min(parked, Math.max(0, asked - answered - failed - shed)) * perMinute;
  // A unit without a whole share runs one at a time.
  const own = capability ?? Math.min(reach, Math.max(1, slots ?? 0) * pace);
  const can = Math.max(actuality, own);
  const could = Math.max(can, Math.min(reach + missing, Math.max(1, pool) * pace));
  if (could === 0)
    return { actuality, capability: 0, potentiality: 0, productivity: null, latency: null, performance: null };
  const productivity = can === 0 ? 0 : actuality / can;
  const latency = can / could;
  return {
    actuality,
    capability: can,
    potentiality: could,
    productivity,
    latency,
    performance: productivity * latency,
  };
}

function none(): Sums {
  return { asked: 0, answered: 0, failed: 0, shed: 0, parked: 0, turned: 0, busy: 0 };
}

function add(to: Sums, received: number, counts: Counts): void {
  const { answered = 0, dead = 0, doubt = 0, shed = 0, parked = 0, noted = 0, attenuated = 0, refused = 0 } = counts;
  to.asked += received - noted - attenuated - refused;
  to.answered += answered;
  to.failed += dead + doubt;
  to.shed += shed;
  to.parked += parked;
}

function sumOf(slots: ReadonlyMap<number, Sums>): Sums {
  const total = none();
  for (const { asked, answered, failed, shed, parked, turned, busy } of slots.values()) {
    total.asked += asked;
    total.answered += answered;
    total.failed += failed;
    total.shed += shed;
    total.parked += parked;
    total.turned += turned;
    total.busy += busy;
  }
  return total;
}

/** Events that wait for a place: those of the last slot, each counted once for every time that it came. */
function lastOf(slots: ReadonlyMap<number, Sums>, slot: number): number {
  const turned = Math.max(slots.get(slot)?.turned ?? 0, slots.get(slot - 1)?.turned ?? 0);
  return (turned * COMES_AGAIN) / SLOT;
}
