import { CallResponse, Confinement, type DataOf, type Proposal, Tool } from '@vsmcp/vsm';
import type { Refusal } from '../policy/names.js';

type Proposed = DataOf<typeof Proposal>;

/** True when `actual` confines at least as strongly as `minimum`. */
export function confines(actual: Confinement, minimum: Confinement): boolean {
  const ladder = Confinement.options;
  return ladder.indexOf(actual) <= ladder.indexOf(minimum);
}

/**
 * The reason why the trial does not prove enough, or undefined. A tool that answers input on which it should fail is
 * admitted when its response has a guard that keeps such input away.
 */
export function evidenceRefusal(proposal: Proposed, minimum: Confinement): Refusal | undefined {
  const { evidence } = proposal;
  if (!evidence) return { rule: 'acquire.evidence', because: 'nothing shows how the trial went' };
  const { confinement, integrity, results } = evidence;
  if (!confinement || !confines(confinement, minimum))
    return {
      rule: 'acquire.confinement',
      because: `it ran under ${confinement ?? 'no known confinement'}, policy wants at least ${minimum}`,
    };
  if (!integrity) return { rule: 'acquire.integrity', because: 'the integrity of its package is not known' };
  const guarded = CallResponse.safeParse(proposal.response).data?.guard !== undefined;
  const unmet = results.find((r) => (r.expect === 'answer' ? r.error : !r.error && !guarded));
  if (unmet)
    return {
      rule: 'acquire.trial',
      because:
        unmet.expect === 'answer'
          ? `${unmet.tool} failed on a real sample`
          : `${unmet.tool} answered input on which it must fail, and no guard keeps such input away`,
    };
  if (proposal.response === undefined) return wishRefusal(proposal);
  const shown = results.some((r) => r.expect === 'answer' && r.tool === proposal.tool);
  if (!shown)
    return { rule: 'acquire.trial', because: `${proposal.tool ?? 'its tool'} was never seen to answer a sample` };
  return undefined;
}

/**
 * A server without a response answers no event, so there is none to try it on. That is enough only for what somebody
 * wished for, and only when it is known what it offers.
 */
function wishRefusal({ by, tool, evidence }: Proposed): Refusal | undefined {
  const rule = 'acquire.trial';
  if (by === undefined) return { rule, because: 'it would answer no event, and nobody asked for it' };
  if (!evidence?.contract) return { rule, because: 'it is not known what it offers' };
  const offered = Tool.array().safeParse(evidence.tools).data ?? [];
  if (tool !== undefined && !offered.some(({ name }) => name === tool))
    return { rule, because: `it does not offer ${tool}` };
  return undefined;
}
