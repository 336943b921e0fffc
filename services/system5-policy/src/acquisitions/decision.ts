import { type Confinement, type DataOf, hasNetwork, isContained, type Proposal, type Verdict } from '@vsmcp/vsm';
import type { Forbids, ServerAttributes } from '../policy/forbids.js';
import { type Admission, nameRefusal, packageIn } from '../policy/names.js';
import { doubtsAbout, ownershipRefusal, reachedFor } from './doubts.js';
import { evidenceRefusal } from './evidence.js';
import { fingerprint } from './fingerprint.js';
import { judgeHeld } from './held.js';

export type ProposalData = DataOf<typeof Proposal>;
export type VerdictData = DataOf<typeof Verdict>;

/** The acquisition policy, compiled. */
export interface Policy {
  admission: Admission;
  allow: 'contained' | 'nothing';
  ask: 'otherwise' | 'never';
  confinement: Confinement;
  /** The rule for a package that does not say that it is the registry's server. */
  ownership: 'required' | 'ask' | 'ignore';
  forbids: Forbids;
}

/** The memory of a proposal and its event type, for when it comes again at a later stage. */
export interface Remembered {
  /** A person's answer, and to what exactly. */
  answer?: { verdict: 'allow' | 'deny'; by: string; because: string; terms: string };
  installed: boolean;
  /** The forbid rule that stopped this proposal, or another one for the same event type. */
  forbidden?: { rule: string; because: string };
  /** Somebody had this package removed, and nobody asked for it since. */
  dismissed?: { by: string; because: string };
}

export interface Judgement {
  verdict: 'allow' | 'deny' | 'ask';
  rule: string;
  because: string;
  by: string;
  /** A `forbid` rule decided. */
  forbidden?: true;
}

/** A hash, small to keep, of the terms that a person says yes to: when any of them changes, the yes is void. */
export function termsOf({ candidate, server, grants, tool, only, mcpName, suspicions }: ProposalData): string {
  const { name, version, spec } = candidate;
  return fingerprint([
    ...[name, version, spec, server, grants, tool ?? null, only ?? null],
    ...[mcpName ?? null, suspicions ?? []],
  ]);
}

const by = 'policy';

/**
 * System 5's judgement of a proposal. Names first, then the forbid rules (forbid wins), then the evidence, then what
 * policy allows by itself, then a person.
 */
export function judge(policy: Policy, proposal: ProposalData, remembered: Remembered): Judgement {
  if (proposal.stage === 'remove') return judgeRemoval(proposal, remembered);
  if (proposal.stage === 'refuse') return judgeRefusal(proposal, remembered);
  const outside = outsideOf(policy, proposal, remembered);
  if (outside) return { verdict: 'deny', by, ...outside };
  const forbidden = policy.forbids({
    principal: proposal.by === undefined ? { type: 'System', id: 's4' } : { type: 'Person', id: proposal.by },
    action: 'acquire',
    server: { id: proposal.candidate.name, attributes: attributesOf(proposal) },
    stage: proposal.stage,
  });
  if (forbidden) return { verdict: 'deny', rule: forbidden.name, because: forbidden.because, by, forbidden: true };
  if (isHeld(proposal)) return { by, ...judgeHeld(policy, proposal) };
  if (proposal.stage === 'probe')
    return {
      verdict: 'allow',
      rule: 'acquire.from',
      because: `${proposal.candidate.name} is admitted; it may be started, confined and without grants, to see what it offers`,
      by,
    };
  const unproven = proposal.stage === 'install' ? evidenceRefusal(proposal, policy.confinement) : undefined;
  const refused = unproven ?? ownershipRefusal(policy, proposal);
  if (refused) return { verdict: 'deny', by, ...refused };
  return judgeGrants(policy, proposal, remembered);
}

function judgeGrants(policy: Policy, proposal: ProposalData, { answer }: Remembered): Judgement {
  const holds = answer !== undefined && answer.terms === termsOf(proposal);
  if (answer?.verdict === 'deny' && holds) return { ...verdictOf(answer), rule: 'acquire.ask' };
  const doubts = doubtsAbout(policy, proposal);
  if (policy.allow === 'contained' && isContained(proposal.grants) && doubts.length === 0)
    return {
      verdict: 'allow',
      rule: 'acquire.allow',
      because: 'contained: no network, no programs, no files but its own folder',
      by,
    };
  if (holds) return { ...verdictOf(answer), rule: 'acquire.ask' };
  const wants = [
    ...(isContained(proposal.grants) ? [] : [`it wants ${wanted(proposal)}`]),
    ...doubts,
    ...reachedFor(proposal),
    ...(policy.allow === 'nothing' ? ['policy allows nothing by itself'] : []),
  ].join('; ');
  return policy.ask === 'otherwise'
    ? { verdict: 'ask', rule: 'acquire.ask', because: `${wants}; a person decides`, by }
    : { verdict: 'deny', rule: 'acquire.allow', because: `${wants}, and nobody is to be asked`, by };
}

/** True when it is about a server that the fleet has. */
const isHeld = ({ stage }: ProposalData): boolean =>
  stage === 'contract' || stage === 'upgrade' || stage === 'rollback' || stage === 'dismiss';

/** Names are for what is taken in; what a configuration names, and what goes, is past that. */
function outsideOf({ admission }: Policy, { stage, candidate, by: asker }: ProposalData, { dismissed }: Remembered) {
  if (stage === 'contract' || stage === 'dismiss') return undefined;
  if (dismissed && asker === undefined)
    return { rule: 'dismiss', because: `${dismissed.by} had it removed: ${dismissed.because}` };
  return nameRefusal(admission, candidate);
}

const verdictOf = (answer: NonNullable<Remembered['answer']>) => ({
  verdict: answer.verdict,
  because: answer.because,
  by: answer.by,
});

function judgeRemoval(proposal: ProposalData, remembered: Remembered): Judgement {
  return remembered.installed
    ? { verdict: 'allow', rule: 'acquire.rollback', because: proposal.because, by }
    : { verdict: 'deny', rule: 'acquire.rollback', because: 'this proposal never led to an installation', by };
}

function judgeRefusal(proposal: ProposalData, { forbidden }: Remembered): Judgement {
  return forbidden
    ? { verdict: 'allow', rule: forbidden.rule, because: forbidden.because, by }
    : {
        verdict: 'deny',
        rule: 'acquire.refuse',
        because: `no forbid rule stopped anything for ${proposal.type}; what waits goes on waiting`,
        by,
      };
}

function attributesOf({ candidate, stage, grants, evidence, ...proposal }: ProposalData): ServerAttributes {
  const attributes: ServerAttributes = {
    name: candidate.name,
    package: packageIn(candidate.spec),
    version: candidate.version,
    registry: candidate.registry,
    contained: isContained(grants),
    network: hasNetwork(grants),
    hosts: grants.hosts,
    runs: grants.runs,
    reads: grants.reads,
    writes: grants.writes,
  };
  if (stage !== 'probe') {
    attributes.tool = proposal.tool ?? '';
    attributes.arguments = proposal.arguments;
    attributes.readOnly = proposal.readOnly ?? false;
    attributes.mcpNameMatches = proposal.mcpName === candidate.name;
  }
  if (evidence?.confinement) attributes.confinement = evidence.confinement;
  return attributes;
}

function wanted({ grants }: ProposalData): string {
  const wants = [
    grants.network ? 'the network' : '',
    grants.hosts.length > 0 ? `to reach ${grants.hosts.join(', ')}` : '',
    grants.runs.length > 0 ? `to run ${grants.runs.join(', ')}` : '',
    grants.reads.length > 0 ? `to read ${grants.reads.join(', ')}` : '',
    grants.writes.length > 0 ? `to write ${grants.writes.join(', ')}` : '',
  ];
  return wants.filter((want) => want !== '').join(', ');
}
