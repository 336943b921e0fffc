import type { Claim, DataOf, Grant } from '@vsmcp/vsm';

export type Claiming = DataOf<typeof Claim>;
/** A grant and who it is for. Times in ms since the epoch. */
export interface Answered {
  grant: DataOf<typeof Grant>;
  instance: string;
  unit: string;
  resources: readonly string[];
  /** When it was asked for. */
  since: number;
  /** The lease was held already: asked for again, not taken anew. */
  renewed: boolean;
}

/** What is held. Times in ms since the epoch. */
export interface Lease {
  claim: string;
  unit: string;
  instance: string;
  resources: readonly string[];
  token: number;
  until: number;
}

/** The lease is held. */
export function granted({ claim, unit, instance, resources, token }: Lease, since: number, renewed: boolean): Answered {
  return { grant: { claim, granted: true, token }, unit, instance, resources, since, renewed };
}

/** Nothing is held; ask again after `wait` ms. */
export function refused(
  {
    claim,
    unit,
    instance,
    resources,
  }: Pick<Claiming, 'claim' | 'unit' | 'instance'> & { resources: readonly string[] },
  since: number,
  wait: number,
  reason: string,
): Answered {
  return { grant: { claim, granted: false, wait, reason }, unit, instance, resources, since, renewed: false };
}

/** The same for every claim of a unit on the same resources. */
export function placeOf({ unit, resources }: { unit: string; resources: readonly string[] }): string {
  return JSON.stringify([unit, ...[...new Set(resources)].sort()]);
}
