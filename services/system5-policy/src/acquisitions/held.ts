import { type Confinement, type DataOf, isContained, type Proposal } from '@vsmcp/vsm';
import { doubtsAbout, ownershipRefusal } from './doubts.js';
import { confines } from './evidence.js';

type Proposed = DataOf<typeof Proposal>;

interface Policy {
  ask: 'otherwise' | 'never';
  confinement: Confinement;
  ownership: 'required' | 'ask' | 'ignore';
}

interface Ruling {
  verdict: 'allow' | 'deny' | 'ask';
  rule: string;
  because: string;
}

/** Judges what shall become of a server that the fleet has. Names and forbid rules were looked at before. */
export function judgeHeld(policy: Policy, proposal: Proposed): Ruling {
  const { stage, because } = proposal;
  switch (stage) {
    case 'contract':
      return judgeContract(proposal);
    case 'rollback':
      return { verdict: 'allow', rule: 'rollback', because: 'it was approved before, and is held to that' };
    case 'upgrade':
      return proposal.evidence === undefined
        ? {
            verdict: 'allow',
            rule: 'upgrade',
            because: 'it may be started, confined and without grants, to see what it offers',
          }
        : judgeUpgrade(policy, proposal);
    default:
      return { verdict: 'allow', rule: 'dismiss', because };
  }
}

/** Nobody but a person can say whether other words mean the same, whatever policy leaves to people otherwise. */
function judgeContract(proposal: Proposed): Ruling {
  const looks = [...(proposal.changed ?? []), ...doubtsAbout({ ownership: 'ignore' }, proposal)];
  return { verdict: 'ask', rule: 'contract', because: [proposal.because, ...looks].join('; ') };
}

/** A version that offers the same, contained, and is well proven is allowed; about the rest a person is asked. */
function judgeUpgrade(policy: Policy, proposal: Proposed): Ruling {
  const { evidence, changed = [], grants, because } = proposal;
  const { confinement, integrity, contract } = evidence ?? {};
  const deny = (rule: string, why: string): Ruling => ({ verdict: 'deny', rule, because: why });
  if (!integrity || !contract) return deny('acquire.evidence', because);
  if (!confinement || !confines(confinement, policy.confinement))
    return deny('acquire.confinement', `it ran under ${confinement}, policy wants at least ${policy.confinement}`);
  const refused = ownershipRefusal(policy, proposal);
  if (refused) return deny(refused.rule, refused.because);
  const looks = [
    ...changed,
    ...doubtsAbout(policy, proposal),
    ...(isContained(grants) ? [] : ['what it may touch was approved for another version']),
  ];
  if (looks.length === 0) return { verdict: 'allow', rule: 'upgrade', because: 'contained, and it offers the same' };
  const why = looks.join('; ');
  if (policy.ask === 'otherwise') return { verdict: 'ask', rule: 'upgrade', because: `${why}; a person decides` };
  return deny('upgrade', `${why}, and nobody is to be asked`);
}
