import { Acquisition, Candidate, Confinement, Proposal, Tool } from '@vsmcp/vsm';
import { z } from 'zod';

/** What is journalled about acquisitions, and the state that is rebuilt from it. Times in ms since the epoch. */

/** What a server offered when it was started to see that. */
export const Probe = z.object({
  at: z.number(),
  ok: z.boolean(),
  because: z.string(),
  tools: z.array(Tool),
  confinement: Confinement.optional(),
  integrity: z.string().optional(),
  mcpName: z.string().optional(),
  contract: z.string().optional(),
});
export type Probe = z.infer<typeof Probe>;

/** A server that is to be looked at for a type. */
export const Option = z.object({
  candidate: Candidate,
  /** Name it has or would have in `server.tool`. */
  server: z.string(),
  /** The fleet has it already, with these tools; `only` as in its row. */
  installed: z
    .object({
      tools: z.array(Tool),
      only: z.array(z.string()).optional(),
      integrity: z.string().optional(),
      confinement: Confinement.optional(),
    })
    .optional(),
});
export type Option = z.infer<typeof Option>;

/** Somebody with the right asked for this. */
export const Wish = z.object({ by: z.string(), server: z.string().optional(), tool: z.string().optional() });
export type Wish = z.infer<typeof Wish>;

export const Step = Acquisition.data.shape.step;
export type Step = z.infer<typeof Step>;

const about = { proposal: z.string(), at: z.number() };

export const AcquisitionEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('acquisition.opened'),
    ...about,
    event: z.string(),
    waiting: z.number(),
    samples: z.array(z.unknown()),
    wish: Wish.optional(),
  }),
  z.object({ type: z.literal('acquisition.ranked'), ...about, options: z.array(Option) }),
  z.object({ type: z.literal('acquisition.probed'), ...about, npm: z.string(), probe: Probe }),
  z.object({
    type: z.literal('acquisition.proposed'),
    ...about,
    said: Proposal.data,
    /** Which option, and which of its matching tools. */
    option: z.number(),
    match: z.number(),
  }),
  z.object({
    type: z.literal('acquisition.ruled'),
    ...about,
    verdict: z.enum(['allow', 'ask', 'deny']),
    rule: z.string(),
    because: z.string(),
    /** A rule of the kind `forbid` stopped something that would fit. */
    stopped: z.boolean(),
  }),
  /** The option, or only its tool, is not it: on to the next. */
  z.object({ type: z.literal('acquisition.passed'), ...about, what: z.enum(['option', 'tool']), because: z.string() }),
  /** The saga is at another step, or has longer for the one it is at. */
  z.object({
    type: z.literal('acquisition.moved'),
    ...about,
    step: Step,
    because: z.string(),
    waiting: z.number().optional(),
  }),
]);
export type AcquisitionEvent = z.infer<typeof AcquisitionEvent>;

export interface Saga {
  proposal: string;
  /** The event type that waits. */
  type: string;
  waiting: number;
  samples: readonly unknown[];
  wish?: Wish;
  step: Step;
  because: string;
  rule?: string;
  /** When it came to this step, or was last seen to get on. */
  at: number;
  options: readonly Option[];
  option: number;
  match: number;
  /** Why options were passed over. */
  passed: readonly string[];
  /** What was last said to System 5, and whether it was allowed. */
  said?: z.infer<typeof Proposal.data>;
  allowed: boolean;
  /** What would have fitted but is forbidden. */
  stopped?: { rule: string; because: string; said: z.infer<typeof Proposal.data> };
  /** How often it was tried in vain. */
  rounds: number;
}

export interface State {
  /** By event type. */
  sagas: ReadonlyMap<string, Saga>;
  /** By npm package@version. */
  probes: ReadonlyMap<string, Probe>;
}

export const EMPTY: State = { sagas: new Map(), probes: new Map() };

/** Steps at which nothing more happens until the type is taken up again. */
const OVER: readonly Step[] = ['closed', 'refused', 'failed', 'nothing-found', 'rolled-back'];
export function isOver(saga: Saga): boolean {
  return OVER.includes(saga.step);
}

export function sagaOf(state: State, proposal: string): Saga | undefined {
  for (const saga of state.sagas.values()) if (saga.proposal === proposal) return saga;
  return undefined;
}
