import { argumentsOf, scopeOf } from '@vsmcp/expressions';
import { failSpan, inSpan, type ServiceContext } from '@vsmcp/service';
import { reasonOf } from '@vsmcp/vsm';
import { boundedResult, type Failure, textOf } from '../deciding/outcome.js';
import { type CallPlan, isRepeatable, type PlanStep } from '../deciding/plan.js';
import { answerOf } from '../deciding/task.js';
import type { Called } from '../servers/server.js';
import type { Servers } from '../servers/servers.js';
import type { Tally } from '../settling/tally.js';
import type { Attempt } from './attempt.js';
import { progressing } from './progress.js';

/** Time (ms) beyond the calls themselves: waiting for turns and writing down. */
export const SLACK = 15_000;
/** Most characters of a tool's error that become the reason. */
const MOST_REASON = 2000;

/** Harmlessness of calling again: of all calls made, and of those before the last. */
interface Repeatable {
  all: boolean;
  before: boolean;
}

/** How the steps went. `calling`: ms inside tools. */
export type Progress = { calling: number } & (
  | { end: 'answered'; step: number; result: unknown }
  | { end: 'overtaken'; step: number }
  | { end: 'failed'; step: number; failure: Failure; reason: string; result?: unknown; repeatable: Repeatable }
  | { end: 'unmappable'; step: number; reason: string }
);

type OneStep =
  | { end: 'result'; result: unknown; seen: unknown; ms: number }
  | { end: 'overtaken'; ms: number }
  | { end: 'failed'; failure: Failure; reason: string; result?: unknown; ms: number }
  | { end: 'unmappable'; reason: string; ms: number };

/** Makes the calls of a response one after the other, each seeing the results of those before. */
export class Steps {
  readonly #context: ServiceContext;
  readonly #servers: Servers;
  readonly #tally: Tally;
  readonly #signals: { draining: AbortSignal; ending: AbortSignal };
  readonly #observe: (labels: { tool: string }, seconds: number) => void;
  readonly #progressing: ReturnType<typeof progressing>;
  readonly #suspicious: { inc(labels: { tool: string }): void };

  /** @param signals draining: no event is begun any more; ending: what was begun is not gone on with */
  constructor(
    context: ServiceContext,
    servers: Servers,
    tally: Tally,
    signals: { draining: AbortSignal; ending: AbortSignal },
  ) {
    this.#context = context;
    this.#servers = servers;
    this.#tally = tally;
    this.#signals = signals;
    this.#progressing = progressing(context);
    this.#suspicious = context.metrics.counter('vsmcp_suspicious_results_total', 'Results with suspicious words', [
      'tool',
    ]);
    this.#observe = context.metrics.seconds('vsmcp_call_seconds', 'Time inside tools', ['tool']);
  }

  /** True when calling again does no harm. What is not known does. */
  isRepeatable(step: PlanStep, plan: CallPlan): boolean {
    const tool = this.#servers.tool(step.server, step.tool);
    return tool === undefined ? plan.idempotent : isRepeatable(tool, plan);
  }

  async run(attempt: Attempt): Promise<Progress> {
    const { task, plan } = attempt;
    const answer = plan.question === undefined ? undefined : answerOf(task.event);
    const results: unknown[] = answer === undefined ? [] : [answer.values];
    let calling = 0;
    let last: unknown;
    const repeatable: Repeatable = { all: true, before: true };
    for (const [step, planned] of plan.steps.entries()) {
      repeatable.before = repeatable.all;
      // As it is known now: a server that dies in the call takes what it said of its tools along.
      repeatable.all &&= this.isRepeatable(planned, plan);
      const one = await this.#one(attempt, step, planned, results);
      calling += one.ms;
      if (one.end === 'failed') return { ...one, step, calling, repeatable };
      if (one.end !== 'result') return { ...one, step, calling };
      results.push(one.seen);
      last = one.result;
    }
    return { end: 'answered', step: plan.steps.length - 1, result: last, calling };
  }

  async #one(attempt: Attempt, step: number, planned: PlanStep, results: readonly unknown[]): Promise<OneStep> {
    const { task, unit, plan, permit } = attempt;
    let args: Record<string, unknown>;
    try {
      args = argumentsOf(planned.args, scopeOf(task.event, results));
    } catch (error) {
      return { end: 'unmappable', reason: reasonOf(error), ms: 0 };
    }
    const { server, tool } = planned;
    return inSpan(
      this.#context,
      `tools/call ${tool}`,
      { kind: 'CLIENT', attributes: calling(server, tool) },
      async (span) => {
        const called = await this.#servers.call(server, tool, args, {
          deadline: this.#deadline(plan),
          onProgress: this.#progressing(task, unit, `${server}.${tool}`),
          waiting: step === 0 ? this.#signals.draining : this.#signals.ending,
          intend: this.isRepeatable(planned, plan) ? async () => true : () => this.#intend(attempt, step),
        });
        const one = this.#read(`${server}.${tool}`, called);
        if (called.ok) permit.ended(`${server}.${tool}`, called.result.isError ? 'failed' : 'well');
        else if (called.failure === 'lost') permit.ended(`${server}.${tool}`, 'lost');
        else if (called.failure === 'error') permit.ended(`${server}.${tool}`, 'failed');
        if (one.end === 'failed') failSpan(span, one.failure === 'error' ? 'tool_error' : one.failure, one.reason);
        return one;
      },
    );
  }

  /** Before what must not happen twice, the intent is written, with a deadline that counts from now. */
  async #intend({ task, unit, plan, claim }: Attempt, step: number): Promise<boolean> {
    // Its server says another thing of the tool than a moment ago: it comes again, to be claimed first.
    if (claim === undefined) return false;
    const { clock, ledger } = this.#context;
    const { source, id } = task.event;
    const left = (plan.steps.length - step) * this.#deadline(plan) + SLACK;
    const mine = await ledger.intend({ source, id, unit }, claim.attempt, clock.now() + left);
    claim.called ||= mine;
    return mine;
  }

  #read(tool: string, called: Called): OneStep {
    if (!called.ok && called.failure === 'overtaken') return { end: 'overtaken', ms: 0 };
    const { ms } = called;
    if (called.ok || called.failure !== 'unsent') {
      this.#tally.call(tool, ms, !called.ok || called.result.isError);
      this.#observe({ tool }, ms / 1000);
    }
    if (!called.ok) return { end: 'failed', failure: called.failure, reason: called.reason, ms };
    const { isError, content, structured, suspicions } = called.result;
    if (suspicions !== undefined) {
      this.#suspicious.inc({ tool });
      this.#context.log.warn({ tool, suspicions }, 'the words of a result are suspicious');
    }
    const result = boundedResult({
      content,
      ...(structured !== undefined && { structuredContent: structured }),
      ...(suspicions !== undefined && { suspicions }),
    });
    if (!isError) return { end: 'result', result, seen: structured ?? { content, text: textOf({ content }) }, ms };
    const reason = textOf(result).slice(0, MOST_REASON) || 'the tool reported an error without saying which';
    return { end: 'failed', failure: 'error', reason, result, ms };
  }

  #deadline(plan: CallPlan): number {
    return plan.deadline ?? this.#context.config.settings.operation_deadline;
  }
}

/**
 * As OpenTelemetry's conventions for MCP have it. Arguments and results are left out: they may be anybody's secrets.
 */
function calling(server: string, tool: string) {
  return {
    'mcp.method.name': 'tools/call',
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': tool,
    'vsmcp.server': server,
  };
}
