import type { Answer } from '@vsmcp/vsm';
import type { Bargain, Made, UnitDemand } from './bargain.js';
import { sum } from './grants.js';

export type BargainView = Pick<
  Answer<'control'>,
  'pool' | 'rate' | 'demand' | 'scarce' | 'replicas' | 'damped' | 'units'
>;

/** Units that are shown. */
const MOST_SHOWN = 1000;

/** Facts about a unit that stand beside the bargain. */
interface OfUnit {
  priority: (unit: string) => number;
  kinds: (unit: string) => { met: number; answered: number };
}

/** The bargain as the answer to `control` shows it, the units that want most first. */
export function bargainView({ demands, bargain }: Made, of: OfUnit): Omit<BargainView, 'replicas' | 'damped'> {
  return {
    pool: bargain.pool,
    ...(bargain.rate !== undefined && { rate: bargain.rate }),
    demand: sum(demands.map(({ wants }) => wants)),
    scarce: [...bargain.scarce],
    units: demands
      .map((demand, i) => shown(demand, bargain, i, of))
      .sort((a, b) => b.wants - a.wants)
      .slice(0, MOST_SHOWN),
  };
}

/** Units whose minimums do not fit into the pool together; empty where they do. */
export function unkeptMinimums({ demands, bargain: { pool } }: Made): string[] {
  const needy = demands.filter(({ minimum, cap, wants }) => minimum > 0 && Math.min(cap ?? minimum, wants) > 0);
  return pool > 0 && sum(needy.map(({ minimum }) => minimum)) > pool ? needy.map(({ unit }) => unit) : [];
}

function shown(
  { unit, weight, minimum, cap, wants }: UnitDemand,
  { slots, rate, rates }: Bargain,
  i: number,
  of: OfUnit,
) {
  const figures = {
    unit,
    weight,
    minimum,
    wants,
    slots: slots[i] ?? 0,
    priority: of.priority(unit),
    kinds: of.kinds(unit),
  };
  return { ...figures, ...(cap !== undefined && { cap }), ...(rate !== undefined && { rate: rates[i] ?? 0 }) };
}
