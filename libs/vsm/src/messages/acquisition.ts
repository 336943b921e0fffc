import { z } from 'zod';
import { Attempts, Candidate, Confinement, Grants, Spec, Suspicion } from '../capability.js';
import { defineMessage } from './message.js';
import { TrialCall, TrialResult } from './operations.js';

/** Gaps: event types that nothing answers. Key: `s4.gap`. */
export const Gap = defineMessage(
  's4',
  'gap',
  'intelligence',
  z.looseObject({
    types: z.array(z.object({ type: z.string(), waiting: z.number().int(), since: z.number() })),
    events: z.number().int(),
  }),
);

/**
 * The stages at which System 5 is asked: `probe` before a stranger's server is fetched and asked what it offers,
 * `trial` before it is given an event, `install` with the evidence of the trial, `remove` when the gap did not close,
 * `refuse` when the only thing that would fit is forbidden and what waits is to be settled so. And of a server that the
 * fleet has: `contract`, it offers something else than was approved, so what it offers now is to be approved; `upgrade`
 * to another version that was tried, `rollback` to the version before, `dismiss` it.
 */
export const Stage = z.enum([
  'probe',
  'trial',
  'install',
  'remove',
  'refuse',
  'contract',
  'upgrade',
  'rollback',
  'dismiss',
]);
export type Stage = z.infer<typeof Stage>;

/**
 * System 4 → System 5: acquire this for that. Key: `s4.proposal`. One `proposal` id through all stages. System 3
 * proposes the same way what concerns servers that the fleet has, see `Reapproval`.
 */
export const Proposal = defineMessage(
  's4',
  'proposal',
  'intelligence',
  z.looseObject({
    proposal: z.string(),
    stage: Stage,
    /** The event type that waits, and how many events do. */
    type: z.string(),
    waiting: z.number().int(),
    /** Of a server that the fleet has: how it has it. */
    candidate: Candidate.extend({ spec: Spec }),
    /** Name the server shall have in `server.tool`. */
    server: z.string(),
    grants: Grants,
    /** From stage `trial` on: the response that would be used (CallResponse), its tool and argument names. */
    tool: z.string().optional(),
    arguments: z.array(z.string()).default([]),
    readOnly: z.boolean().optional(),
    response: z.unknown().optional(),
    /** Only these tools are to be offered. */
    only: z.array(z.string()).optional(),
    calls: z.array(TrialCall).default([]),
    /** From stage `trial` on: the package's `mcpName`, and what is suspicious in the words of the server. */
    mcpName: z.string().optional(),
    suspicions: z.array(Suspicion).optional(),
    /** From stage `trial` on: what it tried to reach and was refused, for a person to give one by one. */
    attempts: Attempts.optional(),
    /** Of a server that the fleet has: what it offers otherwise than was approved, in words. */
    changed: z.array(z.string()).optional(),
    /** From stage `install` on. */
    evidence: z
      .looseObject({
        results: z.array(TrialResult),
        confinement: Confinement.optional(),
        integrity: z.string().optional(),
        mcpName: z.string().optional(),
        contract: z.string().optional(),
        tools: z.array(z.unknown()),
      })
      .optional(),
    /** Principal who asked for it, when it was a person or an agent and not a waiting event. */
    by: z.string().optional(),
    because: z.string(),
  }),
);

/** System 3 → System 5: let a server that the fleet has be otherwise than it was approved. Key: `s3.proposal`. */
export const Reapproval = defineMessage('s3', 'proposal', 'intelligence', Proposal.data);

/** System 5's answer, with the proposal it answers, so that System 3 can act on it alone. Key: `s5.verdict`. */
export const Verdict = defineMessage(
  's5',
  'verdict',
  'intelligence',
  z.looseObject({
    proposal: Proposal.data,
    verdict: z.enum(['allow', 'deny', 'ask']),
    /** Name of the policy that decided. */
    rule: z.string(),
    because: z.string(),
    /** `policy`, or the person. */
    by: z.string(),
    epoch: z.number().int(),
  }),
);

/** System 4 tells how an acquisition goes. Key: `s4.acquisition`. */
export const Acquisition = defineMessage(
  's4',
  'acquisition',
  'intelligence',
  z.looseObject({
    proposal: z.string(),
    type: z.string(),
    step: z.enum([
      'searching',
      'nothing-found',
      'probing',
      'matched',
      'trying',
      'asking',
      'installing',
      'confirming',
      'closed',
      'refused',
      'failed',
      'rolled-back',
    ]),
    candidate: z.string().optional(),
    version: z.string().optional(),
    server: z.string().optional(),
    tool: z.string().optional(),
    confinement: Confinement.optional(),
    rule: z.string().optional(),
    waiting: z.number().int().optional(),
    because: z.string(),
  }),
);

/** System 5 → System 4: acquire this, somebody with the right asked. Key: `s4.all.acquire`. */
export const Acquire = defineMessage(
  's5',
  'acquire',
  'command',
  z.looseObject({
    epoch: z.number().int(),
    proposal: z.string(),
    server: z.string().optional(),
    tool: z.string().optional(),
    type: z.string().optional(),
    by: z.string(),
  }),
);

/**
 * Somebody looked for a tool and found none: variety that is missing, counted like an event that waits.
 * Key: `gateway.<instance>.demand`. The same `type` for the same wish, so that asking twice is one demand.
 */
export const Demand = defineMessage(
  'gateway',
  'demand',
  'report',
  z.looseObject({
    /** `demand.<words of the wish>` */
    type: z.string(),
    /** The wish in the asker's words. Not trusted. */
    wish: z.string().max(500),
    by: z.string(),
  }),
);
