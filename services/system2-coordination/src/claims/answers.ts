import type { Claim, ClaimedResource, DataOf, Granted } from '@vsmcp/vsm';

/** One claim and the replica that makes it. */
export type Claiming = DataOf<typeof Claim>['claims'][number] & { instance: string };

/** A grant and the unit and replica it is for. Times in ms since the epoch. */
export interface Answered {
  grant: Granted;
  instance: string;
  unit: string;
  resources: readonly ClaimedResource[];
  /** When it was asked for. */
  since: number;
  /** The lease was held already: asked for again, not taken anew. */
  renewed: boolean;
  /** Units that it waited for, when it could not be granted at once. */
  behind?: readonly string[];
}

/** Resources that a claim holds. Times in ms since the epoch. */
export interface Lease {
  claim: string;
  unit: string;
  instance: string;
  resources: readonly ClaimedResource[];
  token: number;
  until: number;
}

/** The lease is held. */
export function granted({ claim, unit, instance, resources, token }: Lease, since: number, renewed: boolean): Answered {
  return { grant: { claim, granted: true, token }, unit, instance, resources, since, renewed };
}

/** Nothing is held; ask again after `wait` ms. */
export function refused(
  { claim, unit, instance, resources }: Pick<Answered, 'unit' | 'instance' | 'resources'> & { claim: string },
  since: number,
  wait: number,
  reason: string,
): Answered {
  return { grant: { claim, granted: false, wait, reason }, unit, instance, resources, since, renewed: false };
}

/** Nothing is held, and it is not to be asked for again. */
export function yielding(
  { claim, unit, instance, resources }: Pick<Answered, 'unit' | 'instance' | 'resources'> & { claim: string },
  since: number,
  reason: string,
): Answered {
  return { grant: { claim, granted: false, yields: true, reason }, unit, instance, resources, since, renewed: false };
}

/** The same for every claim of a unit on the same resources. */
export function placeOf({ unit, resources }: Pick<Answered, 'unit' | 'resources'>): string {
  return JSON.stringify([unit, ...resources.map(({ resource, of }) => `${resource} ${of ?? '*'}`).sort()]);
}

/** Each resource once; of two claims on one resource the narrower counts. */
export function distinct(resources: readonly ClaimedResource[]): ClaimedResource[] {
  const narrowest = new Map<string, ClaimedResource>();
  for (const claimed of resources) {
    const known = narrowest.get(claimed.resource);
    if (!known || most(claimed.of) < most(known.of)) narrowest.set(claimed.resource, claimed);
  }
  return [...narrowest.values()];
}

/** Names of the resources that nobody else may hold meanwhile. */
export function exclusive(resources: readonly ClaimedResource[]): string[] {
  return distinct(resources).flatMap(({ resource, of }) => (of === 1 ? [resource] : []));
}

/** How many may hold it together, as a number. */
export const most = (of: number | null): number => of ?? Number.POSITIVE_INFINITY;
