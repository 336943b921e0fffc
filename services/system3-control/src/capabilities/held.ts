import { type Capability, type DataOf, sourceOf, Tool, type Verdict } from '@vsmcp/vsm';
import { type Action, nothing } from './action.js';

type VerdictData = DataOf<typeof Verdict>;
type Approved = NonNullable<Capability['previous']>;

/**
 * Deeds of System 3 on a server that the fleet has, once they are allowed. Each holds only for the server as it was
 * when it was asked.
 */

/** A suspended server is held to what it offered then. */
export function approvedNow({ proposal }: VerdictData, row: Capability | undefined): Action {
  const contract = proposal.evidence?.contract;
  if (row?.state !== 'suspended' || row.offered === undefined || row.offered.contract !== contract)
    return nothing(`${proposal.server} no longer waits for this approval`);
  const { offered, reason: _, suspicions: __, ...rest } = row;
  const { tools, suspicions } = offered;
  const words = suspicions.length > 0 ? { suspicions } : {};
  return { do: 'write', row: { ...rest, ...words, contract: offered.contract, tools, state: 'wanted' } };
}

/** The version that was tried takes the place of the one there is, which is kept to roll back to. */
export function upgrade({ proposal }: VerdictData, row: Capability | undefined): Action {
  const held = heldIn(row);
  if (!held) return nothing(`${proposal.server} is not a server that was acquired`);
  const { candidate, evidence, mcpName, suspicions, grants } = proposal;
  if (!('npm' in candidate.spec)) return nothing('it runs elsewhere');
  const { integrity, contract, confinement, tools } = evidence ?? { tools: [] };
  const next: Approved = {
    version: candidate.version,
    spec: { ...candidate.spec, grants },
    tools: Tool.array().catch([]).parse(tools),
    ...(integrity !== undefined && { integrity }),
    ...(contract !== undefined && { contract }),
    ...(confinement !== undefined && { confinement }),
    ...(mcpName !== undefined && { mcpName }),
    ...(suspicions !== undefined && { suspicions }),
  };
  return { do: 'write', row: became(held, next) };
}

/** The version before takes its place again; rolling back once more returns to this one. */
export function rollback({ proposal }: VerdictData, row: Capability | undefined): Action {
  const held = heldIn(row);
  const previous = held?.previous;
  if (!held || previous === undefined || sourceOf(previous.spec) !== sourceOf(proposal.candidate.spec))
    return nothing(`${proposal.server} has no such version to roll back to`);
  return { do: 'write', row: became(held, previous) };
}

/** Its events wait again for a tool, and it is not taken in again unless somebody asks for it. */
export function dismiss({ proposal, because }: VerdictData, row: Capability | undefined): Action {
  const held = heldIn(row);
  if (!held) return nothing(`${proposal.server} is not a server that was acquired`);
  return { do: 'write', row: { ...held, responses: {}, state: 'removed', reason: because } };
}

const heldIn = (row: Capability | undefined): Capability | undefined =>
  row?.origin === 'acquired' && row.state !== 'removed' ? row : undefined;

function became(row: Capability, next: Approved): Capability {
  const { server, origin, name, responses, only, proposal, version, spec, tools } = row;
  const { integrity, contract, confinement, mcpName, suspicions } = row;
  return {
    server,
    origin,
    responses,
    state: 'wanted',
    ...(name !== undefined && { name }),
    ...(only !== undefined && { only }),
    ...(proposal !== undefined && { proposal }),
    ...next,
    previous: {
      version,
      spec,
      tools,
      ...(integrity !== undefined && { integrity }),
      ...(contract !== undefined && { contract }),
      ...(confinement !== undefined && { confinement }),
      ...(mcpName !== undefined && { mcpName }),
      ...(suspicions !== undefined && { suspicions }),
    },
  };
}
