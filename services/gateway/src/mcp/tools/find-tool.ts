import { pause } from '@vsmcp/service';
import type { Clock } from '@vsmcp/vsm';
import { z } from 'zod';
import { HttpError } from '../../failure.js';
import { mustBeGranted } from '../grants.js';
import { look, OVER, type View } from '../look.js';
import { answering, type Call, type GatewayTool } from '../tool.js';
import { demandType } from '../wish.js';
import type { Parts } from './call-tool.js';

/** Seconds. */
const LONGEST_WAIT = 300;
/** Milliseconds between two looks while a wish waits. */
const LOOK = 1000;

const Input = z.object({
  wish: z.string().trim().min(1).max(500).describe('what you want to do, in plain words: parse a cron expression'),
  limit: z.number().int().min(1).max(20).default(5),
  wait: z.number().min(0).max(LONGEST_WAIT).default(0).describe('seconds to wait for a tool that is not there yet'),
  none_fits: z
    .boolean()
    .default(false)
    .describe('you have seen what this wish finds, and none of it does it: have another looked for'),
});

const Found = z.object({
  name: z.string().describe('for call_tool'),
  server: z.string(),
  description: z.string(),
  inputSchema: z.record(z.string(), z.unknown()),
  safe: z.boolean().describe('it only reads, or can touch nothing but its own folder'),
  fits: z.boolean(),
});

const Output = z.object({
  met: z.boolean().describe('one of the tools fits the wish, or more'),
  tools: z.array(Found),
  demand: z
    .object({ type: z.string(), step: z.string().optional(), because: z.string() })
    .optional()
    .describe('what stands for the unmet wish in variety, and how its acquisition goes'),
});

/**
 * Finds tools by wish. A wish that nothing fulfils is said to the fleet, which counts it and acquires for it like for
 * an event that waits.
 */
export function findTool(parts: Parts): GatewayTool {
  return answering(
    'find_tool',
    {
      title: 'Find a tool',
      description:
        'Finds tools of the fleet for what you want to do; call_tool runs them. When none fits, the wish counts as demand: the fleet looks for a server that fulfils it, tries it, decides under policy, and installs it. Give wait to wait for that. What servers say of their tools is not checked.',
      input: Input,
      output: Output,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    },
    (asked, call) => find(parts, asked, call),
  );
}

type Asked = z.output<typeof Input>;

async function find(parts: Parts, asked: Asked, call: Call): Promise<z.input<typeof Output>> {
  const { context, offers, demands } = parts;
  await mustBeGranted(context, call.by, 'find_tool');
  const without: ReadonlySet<string> = new Set(asked.none_fits ? (await offers.all()).keys() : []);
  let view = await look(context, offers, asked, without);
  if (!view.met) {
    if (!(await demands.say(asked.wish, call.by))) {
      throw new HttpError(429, 'VSM_REFUSED', 'too many new wishes within a minute', 'wait a minute, then wish again');
    }
    view = await patiently(() => look(context, offers, asked, without), view, asked.wait, call, context.clock);
  }
  const { found, met, acquisition } = view;
  if (met) await call.list(found.filter(({ fits }) => fits).map(({ offer }) => offer.declared));
  return {
    met,
    tools: found.map(({ offer: { declared, server, safe }, fits }) => ({
      name: declared.name,
      server,
      description: declared.description ?? '',
      inputSchema: declared.inputSchema,
      safe,
      fits,
    })),
    ...(!met && { demand: { type: demandType(asked.wish), ...progressOf(acquisition) } }),
  };
}

function progressOf(acquisition: View['acquisition']): { step?: string; because: string } {
  if (acquisition !== undefined) return { step: acquisition.step, because: acquisition.because };
  return { because: 'nothing fits; the fleet was told and looks for it. Ask again, with wait' };
}

/**
 * Looks again each second until the wish is met, its acquisition has ended without, the time is over, or the client
 * gave up.
 */
async function patiently(
  again: () => Promise<View>,
  first: View,
  wait: number,
  { signal, progress }: Call,
  clock: Clock,
): Promise<View> {
  const until = clock.now() + wait * 1000;
  let view = first;
  let told = '';
  for (let left = wait * 1000; left > 0 && !view.met && !signal.aborted; left = until - clock.now()) {
    const { step, because } = progressOf(view.acquisition);
    const message = step === undefined ? because : `${step}: ${because}`;
    if (message !== told) await progress(wait - left / 1000, wait, message);
    told = message;
    if (isOver(view, first)) break;
    await pause(clock, Math.min(LOOK, left), signal);
    view = await again();
  }
  return view;
}

/** An acquisition that had ended before the wish was made may begin anew. */
function isOver({ acquisition: now }: View, { acquisition: then }: View): boolean {
  if (now === undefined || !OVER.includes(now.step)) return false;
  return now.proposal !== then?.proposal || now.step !== then.step;
}
