import type { DataOf, Proposal } from '@vsmcp/vsm';
import type { Refusal } from '../policy/names.js';

type Proposed = DataOf<typeof Proposal>;
type Ownership = { ownership: 'required' | 'ask' | 'ignore' };

/** Suspicions told in a reason; the proposal has all. */
const MOST_TOLD = 3;
/** Most places of a kind that a server reached for, in the same. */
const MOST_REACHED = 20;

/**
 * A package that says it is another server than the registry does was published by somebody who does not own the
 * registry's name, or the other way round; one that says nothing leaves it open.
 */
export function ownershipRefusal({ ownership }: Ownership, proposal: Proposed): Refusal | undefined {
  const { mcpName, candidate } = proposal;
  if (ownership === 'ignore' || mcpName === candidate.name) return undefined;
  const rule = 'acquire.ownership';
  if (mcpName !== undefined)
    return { rule, because: `its package says it is ${mcpName}, the registry that it is ${candidate.name}` };
  return ownership === 'required'
    ? { rule, because: `its package does not say that it is ${candidate.name} (no mcpName)` }
    : undefined;
}

/** The doubts that a person is to look at before it is allowed, though nothing forbids it. */
export function doubtsAbout(
  { ownership }: Ownership,
  { mcpName, candidate, suspicions = [], attempts }: Proposed,
): string[] {
  const thefts = attempts?.thefts.slice(0, MOST_REACHED) ?? [];
  const whose = ownership === 'ask' && mcpName === undefined;
  const told = suspicions.slice(0, MOST_TOLD).map(({ where, kind, text }) => `${kind} in ${where}: "${text}"`);
  const more = suspicions.length - told.length;
  return [
    ...(whose ? [`its package does not say that it is ${candidate.name}`] : []),
    ...(told.length > 0 ? [`suspicious words (${told.join('; ')}${more > 0 ? `; and ${more} more` : ''})`] : []),
    ...(thefts.length > 0 ? [`attempted theft: on trial it reached for ${thefts.join(', ')}`] : []),
  ];
}

/** The places it reached for on trial and was refused, which a person could give, one by one. */
export function reachedFor({ attempts }: Proposed): string[] {
  if (attempts === undefined) return [];
  const { files, hosts, programs } = attempts;
  const listed = (grant: string, what: readonly string[]) =>
    what.length === 0 ? [] : [`${grant}: ${what.slice(0, MOST_REACHED).join(', ')}`];
  const said = [
    ...listed(
      'reads',
      files.flatMap(({ path, write }) => (write ? [] : [path])),
    ),
    ...listed(
      'writes',
      files.flatMap(({ path, write }) => (write ? [path] : [])),
    ),
    ...listed('hosts', hosts),
    ...listed('runs', programs),
  ];
  return said.length === 0
    ? []
    : [`on trial it was refused what can be given to it in vsmcp.yaml (${said.join('; ')})`];
}
