import {
  type Capability,
  type DataOf,
  Grants,
  grantsOf,
  isRemote,
  packageOf,
  sameJson,
  sourceOf,
  Tool,
  type Verdict,
} from '@vsmcp/vsm';
import { type Action, nothing } from './action.js';
import { approvedNow, dismiss, rollback, upgrade } from './held.js';

type VerdictData = DataOf<typeof Verdict>;

/** The deed that follows from a verdict: only what was allowed is done. */
export function actionOf(verdict: VerdictData, rows: readonly Capability[], epoch: number): Action {
  if (verdict.verdict !== 'allow') return nothing(`the verdict is ${verdict.verdict}`);
  const { proposal } = verdict;
  const row = rows.find((r) => r.server === proposal.server);
  switch (proposal.stage) {
    case 'probe':
      return tryOf(verdict, epoch, Grants.parse({}), []);
    case 'trial':
      return tryOf(verdict, epoch, proposal.grants, proposal.calls);
    case 'contract':
      return approvedNow(verdict, row);
    case 'upgrade':
      return proposal.evidence === undefined ? tryOf(verdict, epoch, Grants.parse({}), []) : upgrade(verdict, row);
    case 'rollback':
      return rollback(verdict, row);
    case 'dismiss':
      return dismiss(verdict, row);
    case 'install':
      return install(verdict, row);
    case 'remove':
      return remove(verdict, row);
    case 'refuse': {
      const filter = { reason: 'parked' as const, type: proposal.type, limit: 1000 };
      return {
        do: 'settle',
        command: { epoch, how: 'refuse', filter, because: `${verdict.rule}: ${verdict.because}` },
      };
    }
  }
}

function tryOf(
  { proposal }: VerdictData,
  epoch: number,
  grants: Grants,
  calls: VerdictData['proposal']['calls'],
): Action {
  const { spec } = proposal.candidate;
  if (isRemote(spec)) return ELSEWHERE;
  return { do: 'try', command: { proposal: proposal.proposal, epoch, spec: { ...spec, grants }, grants, calls } };
}

/** Servers that run elsewhere are only had by configuration. */
const ELSEWHERE: Action = nothing('it runs elsewhere: configure it');

/** The row of an approved server. A second response for a server that is there is added to what it does already. */
function install({ proposal }: VerdictData, row: Capability | undefined): Action {
  const { candidate, evidence, server } = proposal;
  if (isRemote(candidate.spec)) return ELSEWHERE;
  const held = row && row.state !== 'removed' ? row : undefined;
  if (held?.origin === 'configured') return nothing(`a configured server is called ${server}`);
  if (held && packageOf(sourceOf(held.spec)) !== packageOf(candidate.spec.npm))
    return nothing(`${server} is the name of another server, ${sourceOf(held.spec)}`);
  if (held && !includes(proposal.grants, grantsOf(held.spec)))
    return nothing(`${server} has grants that were not weighed together with the new ones`);
  const spec = { ...candidate.spec, grants: proposal.grants };
  const next: Capability = {
    server,
    origin: 'acquired',
    name: candidate.name,
    version: candidate.version,
    spec,
    tools: evidence ? Tool.array().catch([]).parse(evidence.tools) : [],
    state: held?.state === 'ready' && isRunning(held, spec, evidence?.contract) ? 'ready' : 'wanted',
    responses: { ...held?.responses },
    proposal: proposal.proposal,
  };
  if (proposal.response !== undefined) next.responses[proposal.type] = proposal.response;
  if (evidence?.integrity !== undefined) next.integrity = evidence.integrity;
  if (evidence?.contract !== undefined) next.contract = evidence.contract;
  if (evidence?.confinement !== undefined) next.confinement = evidence.confinement;
  if (proposal.mcpName !== undefined) next.mcpName = proposal.mcpName;
  if (proposal.suspicions !== undefined) next.suspicions = proposal.suspicions;
  if (held?.previous !== undefined) next.previous = held.previous;
  const only = held ? held.only && proposal.only && [...new Set([...held.only, ...proposal.only])] : proposal.only;
  if (only !== undefined) next.only = only;
  return { do: 'write', row: next };
}

/** The very same server runs already: nothing starts anew. */
function isRunning(held: Capability, spec: Capability['spec'], contract: string | undefined): boolean {
  return sameJson(held.spec, spec) && (contract === undefined || contract === held.contract);
}

/** Takes back what the proposal brought: its response, and the server when nothing else uses it. */
function remove({ proposal, because }: VerdictData, row: Capability | undefined): Action {
  if (!row || row.state === 'removed') return nothing(`${proposal.server} is not there`);
  if (row.origin === 'configured') return nothing(`${proposal.server} is configured`);
  const { [proposal.type]: _, ...responses } = row.responses;
  if (Object.keys(responses).length > 0) return { do: 'write', row: { ...row, responses } };
  return { do: 'write', row: { ...row, responses, state: 'removed', reason: because } };
}

function includes(all: Grants, some: Grants): boolean {
  const within = (x: readonly string[], y: readonly string[]) => y.every((item) => x.includes(item));
  const files = within(all.reads, some.reads) && within(all.writes, some.writes);
  const places = all.network || (!some.network && within(all.hosts, some.hosts));
  return files && places && within(all.runs, some.runs);
}
