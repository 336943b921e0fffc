import type { Bargain, UnitDemand } from '../bargaining/bargain.js';
import type { MeasuredDemand } from '../bargaining/measured-demand.js';
import type { Strain } from './stress.js';

/** How the units stand after a bargain. @param sheds up to which priority System 3 may have a unit's events shed */
export function strainsOf(
  demands: readonly UnitDemand[],
  { pool, slots, scarce }: Bargain,
  measured: ReadonlyMap<string, MeasuredDemand>,
  sheds: (unit: string) => number,
): Strain[] {
  const weights = demands.reduce((sum, { weight }) => sum + weight, 0);
  return demands.map((demand, i): Strain => {
    const { unit, weight, wants } = demand;
    const granted = slots[i] ?? 0;
    const seen = measured.get(unit);
    return {
      unit,
      wants,
      slots: granted,
      fair: (pool * weight) / weights,
      sheds: sheds(unit),
      shedding: seen?.shedding ?? 0,
      scarce: scarceFor(demand, granted, scarce),
      cause: seen?.cause ?? '',
    };
  });
}

/** The limit that keeps a unit from more. */
function scarceFor({ cap, needs = {} }: UnitDemand, slots: number, scarce: readonly string[]): string | undefined {
  if (cap !== undefined && slots >= Math.floor(cap)) return 'cap';
  return scarce.find((thing) => thing === 'operations' || thing === 'rate' || (needs[thing] ?? 0) > 0);
}
