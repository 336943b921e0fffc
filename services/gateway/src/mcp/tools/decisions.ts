import type { ServiceContext } from '@vsmcp/service';
import { type DataOf, Grants, type Verdict } from '@vsmcp/vsm';
import { z } from 'zod';
import { put } from '../../questions.js';
import { answering, type GatewayTool, READS } from '../tool.js';

const MOST_SHOWN = 200;

const Decision = z.object({
  proposal: z.string(),
  stage: z.string(),
  type: z.string(),
  server: z.string(),
  candidate: z.string(),
  tool: z.string().optional(),
  grants: Grants,
  waiting: z.number().int(),
  asked_by: z.string().optional(),
  verdict: z.string(),
  rule: z.string(),
  because: z.string(),
  by: z.string(),
});

/** Proposals that wait for a person, and those decided. */
export function decisions(context: ServiceContext): GatewayTool {
  return answering(
    'decisions_list',
    {
      title: 'Decisions',
      description:
        'What asks for a decision, and what System 5 decided, with the rule and the reason. Times in ms since the epoch.',
      input: z.object({ limit: z.number().int().min(1).max(MOST_SHOWN).default(20).describe('decided ones') }),
      output: z.object({
        pending: z.array(Decision.extend({ until: z.number() })),
        decided: z.array(Decision.extend({ at: z.number() })),
      }),
      annotations: READS,
    },
    async ({ limit }) => {
      const { pending, decided } = await put(context, 'decisions', {});
      return {
        pending: pending.map((said) => ({ ...decision(said), until: said.until })),
        decided: decided.slice(0, limit).map((said) => ({ ...decision(said), at: said.at })),
      };
    },
  );
}

/** A verdict without the evidence and schemas that its proposal carries. */
function decision({ proposal, ...said }: DataOf<typeof Verdict>): z.input<typeof Decision> {
  const { stage, type, server, tool, grants, waiting, by, candidate } = proposal;
  return {
    proposal: proposal.proposal,
    stage,
    type,
    server,
    candidate: `${candidate.name} ${candidate.version}`,
    grants,
    waiting,
    ...(tool !== undefined && { tool }),
    ...(by !== undefined && { asked_by: by }),
    verdict: said.verdict,
    rule: said.rule,
    because: said.because,
    by: said.by,
  };
}
