import type { Verdict as Ending } from '@vsmcp/nervous-system';
import type { ServiceContext } from '@vsmcp/service';
import { reasonOf } from '@vsmcp/vsm';
import type { Claims } from './claims.js';
import { argumentsOf, type Compiled, scopeOf } from './mapping.js';
import { afterFailure, boundedResult, delayFor, type Failure, textOf } from './outcome.js';
import { type CallPlan, isRepeatable, type PlanStep } from './plan.js';
import type { Called } from './servers/server.js';
import type { Servers } from './servers/servers.js';
import { OVERTAKEN, type Settling } from './settling.js';
import type { Tally } from './tally.js';
import type { Task } from './task.js';

/** Time (ms) beyond the calls themselves: waiting for turns and writing down. */
const SLACK = 15_000;

/** `called`: the intent to make a call stands written, and how the call went is not known. */
export interface Claim {
  attempt: number;
  called: boolean;
}

/** How the steps went. */
type Progress =
  | { end: 'answered'; result: unknown }
  | { end: 'overtaken' }
  | { end: 'failed'; step: number; failure: Failure; reason: string; result?: unknown }
  | { end: 'unmappable'; step: number; reason: string };

/**
 * Makes the calls of one claimed event. What must not happen twice is preceded by its written intent; a call that may have
 * happened and must not happen twice ends in doubt, never in a second call.
 */
export class Call {
  readonly #context: ServiceContext;
  readonly #servers: Servers;
  readonly #claims: Claims;
  readonly #settling: Settling;
  readonly #tally: Tally;
  readonly #draining: AbortSignal;
  readonly #observe: (tool: string, ms: number) => void;

  /** @param draining aborted when no call is to begin any more */
  constructor(
    context: ServiceContext,
    parts: { servers: Servers; claims: Claims; settling: Settling; tally: Tally; draining: AbortSignal },
  ) {
    this.#context = context;
    this.#servers = parts.servers;
    this.#claims = parts.claims;
    this.#settling = parts.settling;
    this.#tally = parts.tally;
    this.#draining = parts.draining;
    const seconds = context.metrics.histogram('vsmcp_call_seconds', 'Time inside tools', ['tool']);
    this.#observe = (tool, ms) => seconds.observe({ tool }, ms / 1000);
  }

  /** Longest time (ms) from the claim to the settlement: after it, another replica may take the event over. */
  longest(plan: CallPlan): number {
    const { operation_deadline, coordination_timeout } = this.#context.config.settings;
    const claiming = plan.claims.length > 0 ? coordination_timeout : 0;
    return plan.steps.length * (plan.deadline ?? operation_deadline) + claiming + SLACK;
  }

  async make(task: Task, unit: string, plan: CallPlan, claim: Claim): Promise<Ending> {
    const repeatable = plan.steps.every((step) => this.#isRepeatable(step, plan));
    if (!repeatable && (claim.called || task.unsure)) {
      const reason = claim.called
        ? 'an earlier call may have happened, and the tool must not be called twice'
        : 'it came again without an id, and the tool must not be called twice';
      return this.#settling.settle(task, claim.attempt, { unit, outcome: 'doubt', reason });
    }
    const resources = this.#resources(task, plan);
    if ('reason' in resources)
      return this.#settling.settle(task, claim.attempt, { unit, outcome: 'dead', ...resources });
    if (resources.names.length === 0) return this.#steps(task, unit, plan, claim);
    const held = await this.#claims.hold(unit, resources.names, 2 * this.longest(plan));
    if (!held.granted) return this.#giveBack(task, unit, claim, held.wait);
    try {
      return await this.#steps(task, unit, plan, claim);
    } finally {
      await held.release();
    }
  }

  async #steps(task: Task, unit: string, plan: CallPlan, claim: Claim): Promise<Ending> {
    const spent = { calling: 0 };
    const progress = await this.#run(task, unit, plan, claim, spent);
    const last =
      plan.steps[progress.end === 'answered' ? plan.steps.length - 1 : 'step' in progress ? progress.step : 0];
    const fate = { unit, ...(last && { tool: `${last.server}.${last.tool}` }), calling: spent.calling };
    switch (progress.end) {
      case 'answered':
        return this.#settling.settle(task, claim.attempt, { ...fate, outcome: 'answered', result: progress.result });
      case 'overtaken':
        return OVERTAKEN(task);
      case 'unmappable': {
        const reason = stepText(plan, progress.step) + progress.reason;
        return this.#settling.settle(task, claim.attempt, { ...fate, outcome: 'dead', reason });
      }
      case 'failed':
        return this.#failed(task, plan, claim, fate, progress);
    }
  }

  async #run(task: Task, unit: string, plan: CallPlan, claim: Claim, spent: { calling: number }): Promise<Progress> {
    const results: unknown[] = [];
    for (const [step, { server, tool, args }] of plan.steps.entries()) {
      const made = this.#arguments(args, task, results);
      if ('reason' in made) return { end: 'unmappable', step, reason: made.reason };
      const called = await this.#one(task, unit, plan, claim, step, made.args);
      if (called.failure === 'overtaken') return { end: 'overtaken' };
      spent.calling += called.ms;
      const error = !called.ok || called.result.isError;
      if (called.failure !== 'unsent') {
        this.#tally.call(`${server}.${tool}`, called.ms, error);
        this.#observe(`${server}.${tool}`, called.ms);
      }
      if (!called.ok) return { end: 'failed', step, failure: called.failure, reason: called.reason };
      const { isError, content, structured } = called.result;
      const result = boundedResult({ content, ...(structured !== undefined && { structuredContent: structured }) });
      if (isError) {
        const reason = textOf(result).slice(0, 2000) || 'the tool reported an error without saying which';
        return { end: 'failed', step, failure: 'error', reason, result };
      }
      results.push(structured ?? { content, text: textOf({ content }) });
      if (step === plan.steps.length - 1) return { end: 'answered', result };
    }
    return { end: 'unmappable', step: 0, reason: 'the response has no step' };
  }

  /** One call. Before what must not happen twice, the intent is written, with a deadline counted from now. */
  async #one(
    task: Task,
    unit: string,
    plan: CallPlan,
    claim: Claim,
    step: number,
    args: Record<string, unknown>,
  ): Promise<Called & { failure?: Failure | 'overtaken' }> {
    const { clock, config, ledger } = this.#context;
    const { source, id } = task.event;
    const { server, tool } = plan.steps[step] as PlanStep;
    const deadline = plan.deadline ?? config.settings.operation_deadline;
    const left = (plan.steps.length - step) * deadline + SLACK;
    const intend = async () => {
      const mine = await ledger.intend({ source, id, unit }, claim.attempt, clock.now() + left);
      claim.called ||= mine;
      return mine;
    };
    const repeatable = this.#isRepeatable({ server, tool, args: () => args }, plan);
    return this.#servers.call(server, tool, args, {
      deadline,
      waiting: this.#draining,
      intend: repeatable ? async () => true : intend,
    });
  }

  async #failed(
    task: Task,
    plan: CallPlan,
    claim: Claim,
    fate: { unit: string; tool?: string; calling: number },
    progress: Progress & { end: 'failed' },
  ): Promise<Ending> {
    const { step, failure } = progress;
    const reason = stepText(plan, step) + progress.reason;
    // Not sent at all: the server is gone or starting anew, so the event is looked at afresh.
    if (failure === 'unsent' && step === 0) return this.#giveBack(task, fate.unit, claim, 1000);
    const repeatable = plan.steps.slice(0, step + 1).every((s) => this.#isRepeatable(s, plan));
    const before = plan.steps.slice(0, step).every((s) => this.#isRepeatable(s, plan));
    const next = afterFailure(failure, repeatable, before ? plan.retries : 0, task.attempts);
    if (next.next !== 'retry') {
      const result = progress.result === undefined ? {} : { result: progress.result };
      return this.#settling.settle(task, claim.attempt, { ...fate, outcome: next.next, reason, ...result });
    }
    const { event } = task;
    this.#context.log.info(
      { event: event.id, type: event.type, tool: fate.tool, attempts: task.attempts, reason },
      'retry',
    );
    await this.#release(task, fate.unit, claim);
    return { verdict: 'later', delay: next.delay, counted: true };
  }

  async #giveBack(task: Task, unit: string, claim: Claim, wait: number): Promise<Ending> {
    await this.#release(task, unit, claim);
    return { verdict: 'later', delay: delayFor(wait), counted: false };
  }

  /** What was claimed back keeps its claim while it waits here: nothing else stands behind it. */
  async #release(task: Task, unit: string, claim: Claim): Promise<void> {
    this.#tally.retried();
    claim.called = false;
    const { source, id } = task.event;
    if (task.held === undefined) await this.#context.ledger.release({ source, id, unit }, claim.attempt);
  }

  #isRepeatable(step: PlanStep, plan: CallPlan): boolean {
    const tool = this.#servers.tool(step.server, step.tool);
    return tool === undefined ? plan.idempotent : isRepeatable(tool, plan);
  }

  #resources(task: Task, plan: CallPlan): { names: string[] } | { reason: string } {
    try {
      const scope = scopeOf(task.event);
      return { names: [...new Set(plan.claims.flatMap((claim) => claim(scope)).map(String))].sort() };
    } catch (error) {
      return { reason: `claims: ${reasonOf(error)}` };
    }
  }

  #arguments(
    args: Compiled,
    task: Task,
    results: readonly unknown[],
  ): { args: Record<string, unknown> } | { reason: string } {
    try {
      return { args: argumentsOf(args, scopeOf(task.event, results)) };
    } catch (error) {
      return { reason: reasonOf(error) };
    }
  }
}

function stepText(plan: CallPlan, step: number): string {
  return plan.steps.length === 1 ? '' : `step ${step + 1} of ${plan.steps.length}: `;
}
