import type { ServiceContext } from '@vsmcp/service';
import { type AgentGrant, type Answer, agentName, HeldFilter, HeldReason, QUESTIONS, type ToolRef } from '@vsmcp/vsm';
import { z } from 'zod';
import { HttpError } from '../../failure.js';
import { publishEvents } from '../../publish.js';
import { put } from '../../questions.js';
import { ShortEvent } from '../../routes/short-event.js';
import { mustBeGranted } from '../grants.js';
import { operate } from '../operate.js';
import { answering, type Call, type GatewayTool } from '../tool.js';

const annotations = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false };
const Because = z.string().min(1).max(1000).describe('the reason, for the journal');
const Accepted = z.object({ because: z.string(), id: z.string().optional() });

/** @throws HttpError 409 with the reason, when the petition was not granted */
function accepted({ accepted, because, id }: Answer<'settle'>): z.input<typeof Accepted> {
  if (!accepted) throw new HttpError(409, 'VSM_REFUSED', because);
  return { because, ...(id !== undefined && { id }) };
}

/** Asks System 5 first: a tool runs only for who has the grant of its name. */
type Granted = <A, R>(
  grant: AgentGrant,
  act: (asked: A, by: string) => Promise<R>,
) => (asked: A, call: Call) => Promise<R>;

/** Parts that the tools which change something share. */
interface Around {
  context: ServiceContext;
  granted: Granted;
  /** ms that System 3 or 5 has to answer. */
  patience: number;
}

/**
 * Petitions as tools. Each needs the grant of its own name; who asks is the session's principal, never what the client
 * says.
 */
export function changes(context: ServiceContext): GatewayTool[] {
  const granted: Granted =
    (grant, act) =>
    async (asked, { by }) => {
      await mustBeGranted(context, by, grant);
      return act(asked, by);
    };
  const around = { context, granted, patience: context.config.settings.decision_timeout };
  return [publish(around), run(context), acquire(around), ...held(around), decide(around), acknowledge(around)];
}

function acquire({ context, granted, patience }: Around): GatewayTool {
  return answering(
    'capabilities_acquire',
    {
      title: 'Acquire a capability',
      description:
        'Has System 4 look for a server, a tool, or what answers an event type, and System 5 decide under policy whether it is taken in. Name at least one. To wish for something in words, use find_tool.',
      input: QUESTIONS.acquire.ask.omit({ by: true }),
      output: Accepted,
      annotations: { ...annotations, openWorldHint: true },
    },
    granted('capabilities_acquire', async (asked, by) =>
      accepted(await put(context, 'acquire', { ...asked, by }, patience)),
    ),
  );
}

function held({ context, granted, patience }: Around): GatewayTool[] {
  return (['replay', 'discard'] as const).map((how) =>
    answering(
      `held_${how}`,
      {
        ...WORDS[how],
        input: z.object({
          reason: HeldReason.optional(),
          type: z.string().optional().describe('only events of this type'),
          source: z.string().optional(),
          id: z.string().optional(),
          limit: HeldFilter.shape.limit,
          because: Because,
        }),
        output: Accepted,
        annotations: { ...annotations, destructiveHint: how === 'discard' },
      },
      granted(`held_${how}`, async ({ because, ...filter }, by) =>
        accepted(await put(context, 'settle', { how, filter, because, by }, patience)),
      ),
    ),
  );
}

function decide({ context, granted, patience }: Around): GatewayTool {
  return answering(
    'decisions_decide',
    {
      title: 'Decide',
      description:
        'Answers what System 5 asks (decisions_list, pending). Nobody decides what they asked for themselves: what an agent brought about, another agent or a person must decide.',
      input: QUESTIONS.decide.ask.omit({ by: true }),
      output: Accepted,
      annotations: { ...annotations, destructiveHint: true },
    },
    granted('decisions_decide', async (asked, by) =>
      accepted(await put(context, 'decide', { ...asked, by }, patience)),
    ),
  );
}

function acknowledge({ context, granted, patience }: Around): GatewayTool {
  return answering(
    'alerts_acknowledge',
    {
      title: 'Acknowledge pain',
      description: 'Takes an alert on: it stops climbing. The alert goes only when the pain does.',
      input: z.object({ alert: z.string().describe('its name in alerts_list') }),
      output: QUESTIONS.acknowledge.answer,
      annotations: { ...annotations, idempotentHint: true },
    },
    granted('alerts_acknowledge', (asked, by) => put(context, 'acknowledge', { ...asked, by }, patience)),
  );
}

const WORDS = {
  replay: {
    title: 'Replay held events',
    description:
      'Has held events tried again. Those in doubt may have happened once already. Without a filter: all, up to limit.',
  },
  discard: {
    title: 'Discard held events',
    description: 'Lets held events go for good, with the reason. Without a filter: all, up to limit.',
  },
};

function publish({ context, granted }: Around): GatewayTool {
  return answering(
    'events_publish',
    {
      title: 'Publish an event',
      description:
        'Publishes an event, as anything outside could. A unit answers it, or it waits and a tool is looked for. The same id again is the same event: its effect happens once.',
      input: ShortEvent.omit({ source: true }),
      output: z.object({ source: z.string(), id: z.string(), type: z.string() }),
      annotations: { ...annotations, openWorldHint: true },
    },
    granted('events_publish', async (asked, by) => {
      // its own source: an agent cannot pass for another publisher, nor take an event's id from it
      const source = `/agents/${agentName(by) ?? by}`;
      const [event] = await publishEvents(context, 'application/json', { ...asked, source });
      return { source, id: event?.id ?? '', type: asked.type };
    }),
  );
}

function run(context: ServiceContext): GatewayTool {
  return answering(
    'operations_run',
    {
      title: 'Run a tool once',
      description:
        "Runs server.tool once under policy and says how it went: operation, outcome, result. call_tool does the same and gives the tool's own answer.",
      input: QUESTIONS.operate.ask.omit({ by: true, wait: true, type: true, operation: true }).extend({
        wait: z.number().int().min(0).max(300).default(30).describe('seconds to wait for the outcome'),
      }),
      output: QUESTIONS.operate.answer,
      annotations: { readOnlyHint: false, openWorldHint: true },
    },
    async ({ wait, ...asked }, call) => {
      await mustBeGranted(context, call.by, 'call_tool', toolOf(asked.tool));
      return operate(context, call, { ...asked, wait: wait * 1000 });
    },
  );
}

/** The first dot parts them. */
function toolOf(ref: z.infer<typeof ToolRef>): { server: string; tool: string } {
  const dot = ref.indexOf('.');
  return { server: ref.slice(0, dot), tool: ref.slice(dot + 1) };
}
