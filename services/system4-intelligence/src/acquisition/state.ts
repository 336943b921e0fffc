import { Acquisition, Attempts, Candidate, Confinement, Proposal, Suspicion, Tool } from '@vsmcp/vsm';
import { z } from 'zod';

/**
 * The events of acquisitions, as they are journalled, and the state that is rebuilt from it. Times in ms since the
 * epoch.
 */

/** The result of a probe: the tools that a server offered when it was started to see them. */
export const Probe = z.object({
  at: z.number(),
  ok: z.boolean(),
  because: z.string(),
  tools: z.array(Tool),
  confinement: Confinement.optional(),
  integrity: z.string().optional(),
  mcpName: z.string().optional(),
  contract: z.string().optional(),
  suspicions: z.array(Suspicion).optional(),
  attempts: Attempts.optional(),
});
export type Probe = z.infer<typeof Probe>;

/** A server that is to be looked at for a type. */
export const Option = z.object({
  candidate: Candidate,
  /** Name it has or would have in `server.tool`. */
  server: z.string(),
  /** How well what it says about itself answers the need, see `rankCandidates`. */
  rank: z.number(),
  /** The fleet has it already, with these tools; `only` as in its row. */
  installed: z
    .object({
      tools: z.array(Tool),
      only: z.array(z.string()).optional(),
      integrity: z.string().optional(),
      mcpName: z.string().optional(),
      suspicions: z.array(Suspicion).optional(),
      confinement: Confinement.optional(),
    })
    .optional(),
});
export type Option = z.infer<typeof Option>;

/** Somebody asked for this: a server or a tool by name, or `text`, what they said they miss. */
export const CapabilityRequest = z.object({
  by: z.string(),
  server: z.string().optional(),
  tool: z.string().optional(),
  text: z.string().optional(),
});
export type CapabilityRequest = z.infer<typeof CapabilityRequest>;

export const Step = Acquisition.data.shape.step;
export type Step = z.infer<typeof Step>;

/** The weight of an option or one of its tools: `grounds` and `rank` of what was proposed. */
const Weight = z.object({ grounds: z.number(), rank: z.number() });

/** A proposal of System 4: its candidate is always a server of a registry. */
const OwnProposal = Proposal.data.extend({ candidate: Candidate });

const about = { proposal: z.string(), at: z.number() };

export const AcquisitionEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('acquisition.opened'),
    ...about,
    event: z.string(),
    waiting: z.number(),
    samples: z.array(z.unknown()),
    wish: CapabilityRequest.optional(),
  }),
  z.object({ type: z.literal('acquisition.ranked'), ...about, options: z.array(Option) }),
  z.object({ type: z.literal('acquisition.probed'), ...about, npm: z.string(), probe: Probe }),
  z.object({ type: z.literal('acquisition.proposed'), ...about, said: OwnProposal, weight: Weight.optional() }),
  z.object({
    type: z.literal('acquisition.ruled'),
    ...about,
    /** For a probe: of which package. */
    probe: z.string().optional(),
    verdict: z.enum(['allow', 'ask', 'deny']),
    rule: z.string(),
    because: z.string(),
    /** A rule of the kind `forbid` stopped something that would fit. */
    stopped: z.boolean(),
  }),
  /** The server (by package), or only this tool of it, is not it. */
  z.object({
    type: z.literal('acquisition.passed'),
    ...about,
    npm: z.string(),
    tool: z.string().optional(),
    because: z.string(),
  }),
  /** The saga is at another step, or has longer for the one it is at. */
  z.object({
    type: z.literal('acquisition.moved'),
    ...about,
    step: Step,
    because: z.string(),
    waiting: z.number().optional(),
  }),
  /** Somebody found no tool for this: it waits like an event. */
  z.object({
    type: z.literal('acquisition.demanded'),
    ...about,
    event: z.string(),
    text: z.string(),
    by: z.string(),
  }),
]);
export type AcquisitionEvent = z.infer<typeof AcquisitionEvent>;

export type OwnProposal = z.infer<typeof OwnProposal>;

export interface Saga {
  proposal: string;
  /** The event type that waits. */
  type: string;
  waiting: number;
  samples: readonly unknown[];
  wish?: CapabilityRequest;
  step: Step;
  because: string;
  rule?: string;
  /** When it came to this step, or was last seen to get on. */
  at: number;
  /** Servers to look at, the best first; absent until the registries were read. */
  options?: readonly Option[];
  /** Packages, and `package tool`, that were tried or ruled out, with the reason. */
  passed: ReadonlyMap<string, string>;
  /** The last proposal to System 5 beyond probes, whether it was allowed, and what spoke for it. */
  said?: OwnProposal;
  allowed: boolean;
  weight?: z.infer<typeof Weight>;
  /** The last probe that was proposed for it. */
  probe?: OwnProposal;
  /** A proposal that would have fitted but is forbidden; of several, the one that fitted best. */
  stopped?: { rule: string; because: string; said: OwnProposal } & z.infer<typeof Weight>;
  /** How often it was tried in vain. */
  rounds: number;
}

/** A probe that was proposed and has not been reported. */
export interface Look {
  proposal: string;
  said: OwnProposal;
  at: number;
  allowed: boolean;
}

/** A wish that found no tool. */
export interface HeardDemand {
  /** The id under which a tool is looked for. */
  proposal: string;
  text: string;
  by: string;
  /** How often it was wished for; when first, and when last. */
  times: number;
  since: number;
  at: number;
}

export interface State {
  /** By event type. */
  sagas: ReadonlyMap<string, Saga>;
  /** By npm package@version. */
  probes: ReadonlyMap<string, Probe>;
  /** By npm package@version. */
  looks: ReadonlyMap<string, Look>;
  /** By type. */
  demands: ReadonlyMap<string, HeardDemand>;
}

export const EMPTY: State = { sagas: new Map(), probes: new Map(), looks: new Map(), demands: new Map() };

/** Steps at which nothing more happens until the type is taken up again. */
const OVER: readonly Step[] = ['closed', 'refused', 'failed', 'nothing-found', 'rolled-back'];
export function isOver(saga: Saga): boolean {
  return OVER.includes(saga.step);
}

export function sagaOf(state: State, proposal: string): Saga | undefined {
  for (const saga of state.sagas.values()) if (saga.proposal === proposal) return saga;
  return undefined;
}

/** The key of `passed`. */
export const keyOf = (npm: string, tool?: string): string => (tool === undefined ? npm : `${npm} ${tool}`);
