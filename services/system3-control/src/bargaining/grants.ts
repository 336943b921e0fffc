import type { DataOf, Shares } from '@vsmcp/vsm';
import { type Bargain, isBound, type Replica, type UnitDemand } from './bargain.js';

type Granted = Pick<DataOf<typeof Shares>, 'units' | 'replicas' | 'rates'>;

/**
 * The bargain as it is said to the replicas. A unit without a whole slot at one of them may run one operation there
 * where there is room, unless it is bound. Of the rate a replica's units have as much as of their slots, and what they
 * leave of its part is for those that come new.
 */
export function grantsOf(demands: readonly UnitDemand[], replicas: readonly Replica[], bargain: Bargain): Granted {
  const { dealt, parts, rate } = bargain;
  const named: Granted['replicas'] = {};
  const rates: NonNullable<Granted['rates']> = {};
  const spare = Math.max(0, (rate ?? 0) - sum(bargain.rates));
  const none = noneOf(demands, bargain);
  for (const [r, { instance }] of replicas.entries()) {
    const row = dealt[r] ?? new Uint32Array();
    named[instance] = none.map((nothing, i) => row[i] || nothing);
    if (rate === undefined) continue;
    const part = parts[r] ?? 0;
    const units = ratesOf(bargain, row, part);
    rates[instance] = { all: sum(units) + spare * part, units };
  }
  const granted = { units: demands.map(({ unit }) => unit), replicas: named };
  return rate === undefined ? granted : { ...granted, rates };
}

/** The word on each unit where it has no slot: 0 is none, null is one where there is room. */
function noneOf(demands: readonly UnitDemand[], { slots }: Bargain): (0 | null)[] {
  return demands.map((demand, i) => (isBound(demand, slots[i] ?? 0) ? 0 : null));
}

/** Rates are said to a thousandth, rounded down: a full number takes three times the room. */
const FINE = 1000;

/** @param part of the pool that the replica is */
function ratesOf({ slots, rates }: Bargain, row: Uint32Array, part: number): number[] {
  const units: number[] = [];
  for (let i = 0; i < row.length; i++) {
    const all = slots[i] ?? 0;
    const mine = all === 0 ? part : (row[i] ?? 0) / all;
    units.push(mine === 0 ? 0 : Math.floor((rates[i] ?? 0) * mine * FINE) / FINE);
  }
  return units;
}

/** Of any list of numbers, typed arrays too. */
export function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const n of numbers) total += n;
  return total;
}
