import { argumentsOf, type Mapping, scopeOf } from '@vsmcp/expressions';
import { type CloudEvent, type OutcomeKind, type ParkedCause, reasonOf, VsmError } from '@vsmcp/vsm';
import type { Match } from './matching.js';
import type { CallPlan, Plan } from './plan.js';
import { answerOf } from './task.js';

/** Most characters of a question to a person. */
const MOST_QUESTION = 2000;

/** A server as seen from here. starting: it will be known in a moment. elsewhere: another replica makes its calls. */
export type ServerView =
  | { state: 'ready'; offers: (tool: string) => boolean }
  | { state: 'starting' }
  | { state: 'elsewhere' }
  | { state: 'down'; reason: string };

/** The decision on an event. */
export type Disposition =
  | { do: 'note' }
  | { do: 'descend' }
  | { do: 'attenuate' }
  /** It ends so, without a tool. */
  | { do: 'end'; outcome: OutcomeKind; because?: string; result?: unknown }
  /** @property guard hash of the guard that parks it @property server the one that is not there */
  | { do: 'park'; cause: ParkedCause; because: string; guard?: string; server?: string }
  | { do: 'wait'; because: string }
  | { do: 'handover'; server: string }
  | { do: 'call'; plan: CallPlan };

export interface View {
  server(name: string): ServerView;
  /** True when the unit is a viable system itself. */
  system(unit: string): boolean;
  /** False when another event of the period already stands for this one. Asked once, and only when all else holds. */
  first(plan: CallPlan): boolean;
}

/** Decides by match, the unit's kind, guard, `latest` and the servers' states, in this order. */
export function dispose(
  event: CloudEvent,
  match: Match | undefined,
  plan: Plan | VsmError | undefined,
  view: View,
): Disposition {
  if (match === undefined) return unanswered(`no unit absorbs ${event.type}`);
  if (view.system(match.unit)) return { do: 'descend' };
  if (plan === undefined) return unanswered(`unit ${match.unit} has no response for ${event.type}`);
  if (plan instanceof VsmError) return { do: 'park', cause: 'unavailable', because: plan.message };
  if (plan.kind === 'noted') return { do: 'note' };
  if (plan.kind === 'wanted') {
    return { do: 'park', cause: 'wanted', because: `unit ${match.unit} wants a tool for ${event.type}` };
  }
  const guarded = guarding(event, plan);
  if (guarded !== undefined) return guarded;
  const answered = answerOf(event) !== undefined;
  if (!answered && !view.first(plan)) return { do: 'attenuate' };
  const asked = plan.question === undefined ? undefined : person(event, plan.question, plan.steps.length > 0);
  if (asked !== undefined) return asked;
  return obstacleTo(plan, view) ?? { do: 'call', plan };
}

/** A person's part in it; undefined when they have said yes and tools follow. */
function person(event: CloudEvent, question: Mapping, goesOn: boolean): Disposition | undefined {
  const answer = answerOf(event);
  if (answer === undefined) return asking(event, question);
  const { by, because, verdict, values } = answer;
  if (verdict === 'deny') return { do: 'end', outcome: 'refused', because: because || `${by} said no` };
  if (goesOn) return undefined;
  const text = because || JSON.stringify(values);
  const result = { content: [{ type: 'text', text }], structuredContent: values };
  return { do: 'end', outcome: 'answered', result };
}

function asking(event: CloudEvent, question: Mapping): Disposition {
  try {
    const asked = argumentsOf(question, scopeOf(event));
    const because = typeof asked.question === 'string' ? asked.question : JSON.stringify(asked);
    return { do: 'end', outcome: 'asked', because: because.slice(0, MOST_QUESTION) };
  } catch (error) {
    return { do: 'end', outcome: 'dead', because: reasonOf(error) };
  }
}

/** The obstacle between an event and its call; undefined when there is none. */
export function obstacleTo(plan: CallPlan, view: Pick<View, 'server'>): Disposition | undefined {
  let elsewhere: string | undefined;
  let starting: string | undefined;
  for (const { server, tool } of plan.steps) {
    const seen = view.server(server);
    if (seen.state === 'down') return unavailable(server, `server ${server}: ${seen.reason}`);
    if (seen.state === 'elsewhere') elsewhere ??= server;
    if (seen.state === 'starting') starting ??= server;
    if (seen.state === 'ready' && !seen.offers(tool))
      return unavailable(server, `server ${server} offers no tool ${tool}`);
  }
  if (elsewhere !== undefined) return { do: 'handover', server: elsewhere };
  if (starting !== undefined) return { do: 'wait', because: `server ${starting} is starting` };
  return undefined;
}

/** @returns that the event is parked, where the guard does not hold for it or cannot be judged */
function guarding(event: CloudEvent, { guard }: CallPlan): Disposition | undefined {
  if (guard === undefined) return undefined;
  const park = (why: string): Disposition => ({
    do: 'park',
    cause: 'guard',
    because: `the guard ${guard.text} ${why}`,
    guard: guard.hash,
  });
  try {
    return guard.holds(scopeOf(event)) === true ? undefined : park('does not hold');
  } catch (error) {
    return park(`cannot be judged: ${reasonOf(error)}`);
  }
}

const unanswered = (because: string): Disposition => ({ do: 'park', cause: 'unanswered', because });
const unavailable = (server: string, because: string): Disposition => ({
  do: 'park',
  cause: 'unavailable',
  because,
  server,
});
