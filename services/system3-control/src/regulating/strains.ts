import type { Bargain, Wish } from '../bargaining/bargain.js';
import type { Demand } from '../bargaining/demand.js';
import type { Strain } from './stress.js';

/** How the units stand after a bargain. @param sheds up to which priority System 3 may have a unit's events shed */
export function strainsOf(
  wishes: readonly Wish[],
  { pool, slots, scarce }: Bargain,
  demands: ReadonlyMap<string, Demand>,
  sheds: (unit: string) => number,
): Strain[] {
  const weights = wishes.reduce((sum, { weight }) => sum + weight, 0);
  return wishes.map((wish, i): Strain => {
    const { unit, weight, wants } = wish;
    const granted = slots[i] ?? 0;
    const demand = demands.get(unit);
    return {
      ...{ unit, wants, slots: granted, fair: (pool * weight) / weights, sheds: sheds(unit) },
      shedding: demand?.shedding ?? 0,
      scarce: scarceFor(wish, granted, scarce),
      cause: demand?.cause ?? '',
    };
  });
}

/** What keeps a unit from more. */
function scarceFor({ cap, needs = {} }: Wish, slots: number, scarce: readonly string[]): string | undefined {
  if (cap !== undefined && slots >= Math.floor(cap)) return 'cap';
  return scarce.find((thing) => thing === 'operations' || thing === 'rate' || (needs[thing] ?? 0) > 0);
}
