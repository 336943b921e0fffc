import type { DeliveryResult } from '@vsmcp/nervous-system';
import type { ServiceContext } from '@vsmcp/service';
import { afterFailure, delayFor } from '../deciding/outcome.js';
import type { CallPlan } from '../deciding/plan.js';
import type { Task } from '../deciding/task.js';
import type { Claim, Claiming } from '../settling/claiming.js';
import type { OperationEvidence } from '../settling/evidence.js';
import { type EventResult, OVERTAKEN, type Settling } from '../settling/settling.js';
import type { Tally } from '../settling/tally.js';
import type { Attempt, Claimed } from './attempt.js';
import type { Claims, Lease } from './claims.js';
import { resourcesOf } from './resources.js';
import { type Progress, SLACK, type Steps } from './steps.js';

interface Parts {
  claiming: Claiming;
  claims: Claims;
  evidence: OperationEvidence;
  settling: Settling;
  steps: Steps;
  tally: Tally;
}

/**
 * Has the calls of one event made (`steps.ts`) and draws the consequence. A call that may have happened and must not
 * happen twice ends in doubt, never in a second call.
 */
export class Call {
  readonly #context: ServiceContext;
  readonly #parts: Parts;

  constructor(context: ServiceContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Longest time (ms) from the claim to the settlement: after it, another replica may take the event over. */
  longest(plan: CallPlan): number {
    const { operation_deadline, coordination_timeout } = this.#context.config.settings;
    const asks = (plan.claims.length > 0 ? 1 : 0) + this.#rated(plan).size;
    return plan.steps.length * (plan.deadline ?? operation_deadline) + asks * coordination_timeout + SLACK;
  }

  /**
   * True when the call may be made before anything is written of it: calling again does no harm, and nobody else is
   * asked for it.
   */
  needsNoClaim(plan: CallPlan): boolean {
    return plan.claims.length === 0 && this.#rated(plan).size === 0 && this.#isRepeatable(plan);
  }

  async make(attempt: Attempt): Promise<DeliveryResult> {
    const { claim } = attempt;
    return claim === undefined ? this.#run(attempt, []) : this.#claimed({ ...attempt, claim });
  }

  async #claimed(attempt: Claimed): Promise<DeliveryResult> {
    const { task, unit, plan, claim, slot } = attempt;
    const { settling, claims, tally } = this.#parts;
    if ((claim.called || task.unsure) && !this.#isRepeatable(plan)) {
      const reason = claim.called
        ? 'an earlier call may have happened, and the tool must not be called twice'
        : 'it came again without an id, and the tool must not be called twice';
      return settling.settle(task, claim.attempt, { unit, outcome: 'doubt', reason });
    }
    const resources = resourcesOf(task, plan);
    if ('reason' in resources) return settling.settle(task, claim.attempt, { unit, outcome: 'dead', ...resources });
    if (resources.wanted.length === 0 && this.#rated(plan).size === 0) return this.#run(attempt, []);
    slot.leave();
    if (resources.wanted.length === 0) return this.#whenTurnsCome(attempt, []);
    const held = await claims.hold(unit, resources.wanted, 2 * this.longest(plan));
    if (!held.granted && held.unanswered) tally.uncoordinated();
    if (!held.granted && held.yields)
      return settling.settle(task, claim.attempt, { unit, outcome: 'refused', reason: held.reason });
    if (!held.granted) return this.#giveBack(attempt, held.wait);
    try {
      return await this.#whenTurnsCome(attempt, [held]);
    } finally {
      await held.release();
    }
  }

  #isRepeatable(plan: CallPlan): boolean {
    return plan.steps.every((step) => this.#parts.steps.isRepeatable(step, plan));
  }

  /** Server → calls that the plan makes of it, where they have a rate or opening hours. */
  #rated(plan: CallPlan): ReadonlyMap<string, number> {
    const rated = new Map<string, number>();
    for (const { server } of plan.steps) {
      const { rate, open } = this.#context.config.servers[server] ?? {};
      if (rate || open) rated.set(server, (rated.get(server) ?? 0) + 1);
    }
    return rated;
  }

  /** Last of all, so that a turn is used when it comes: the slot is had again, and the calls are made. */
  async #whenTurnsCome(attempt: Claimed, leases: readonly Lease[]): Promise<DeliveryResult> {
    for (const [server, calls] of this.#rated(attempt.plan)) {
      const turn = await this.#parts.claims.turn(attempt.unit, server, calls);
      if (!turn.granted) return this.#giveBack(attempt, turn.wait);
    }
    if (!(await attempt.slot.enter())) return this.#giveBack(attempt, 1000);
    return this.#run(attempt, leases);
  }

  /** @param leases under which it is done */
  async #run(attempt: Attempt, leases: readonly Lease[]): Promise<DeliveryResult> {
    const { task, unit, plan, claim } = attempt;
    const { steps } = this.#parts;
    const at = this.#context.clock.now();
    const progress = await steps.run(attempt);
    const last = plan.steps[progress.step];
    const result = { unit, ...(last && { tool: `${last.server}.${last.tool}` }), calling: progress.calling };
    const seen = (attempt: number): void => {
      if (progress.end === 'answered' || progress.end === 'failed')
        this.#seen(task, progress.end, { attempt, tool: result.tool, leases, at });
    };
    seen(claim?.attempt ?? 1);
    switch (progress.end) {
      case 'answered':
        return this.#settle(task, claim, { ...result, outcome: 'answered', result: progress.result }, seen);
      case 'overtaken':
        return OVERTAKEN(task);
      case 'unmappable': {
        const reason = stepText(plan, progress.step) + progress.reason;
        return this.#settle(task, claim, { ...result, outcome: 'dead', reason }, seen);
      }
      case 'failed':
        return this.#failed(attempt, result, progress, seen);
    }
  }

  /** Evidence of what was done, for an audit. */
  #seen(
    { event: { source, id } }: Task,
    ended: 'answered' | 'failed',
    how: { attempt: number; tool: string | undefined; leases: readonly Lease[]; at: number },
  ): void {
    const { attempt, tool, leases, at } = how;
    const claims = leases.map(({ claim, token }) => ({ claim, ...(token !== undefined && { token }) }));
    this.#parts.evidence.add({ source, id, attempt, ended, claims, at, ...(tool !== undefined && { tool }) });
  }

  /**
   * An event called without a claim is claimed only when somebody else has it by now: then theirs counts, or it is ours
   * late.
   */
  async #settle(
    task: Task,
    claim: Claim | undefined,
    result: EventResult,
    seen: (attempt: number) => void,
  ): Promise<DeliveryResult> {
    const { claiming, settling } = this.#parts;
    if (claim !== undefined) return settling.settle(task, claim.attempt, result);
    const first = await settling.settleFirst(task, result);
    if (first !== undefined) return first;
    const late = await claiming.claim(task, result.unit, this.#context.clock.now() + SLACK);
    if (!('attempt' in late)) return late;
    seen(late.attempt);
    return settling.settle(task, late.attempt, result);
  }

  async #failed(
    attempt: Attempt,
    called: { unit: string; tool?: string; calling: number },
    progress: Progress & { end: 'failed' },
    seen: (attempt: number) => void,
  ): Promise<DeliveryResult> {
    const { task, unit, plan, claim } = attempt;
    const { step, failure, repeatable } = progress;
    const reason = stepText(plan, step) + progress.reason;
    // Not sent at all: the server is gone or starting anew, so the event is looked at afresh.
    if (failure === 'unsent' && step === 0) return this.#giveBack(attempt, 1000);
    const next = afterFailure(failure, repeatable.all, repeatable.before ? plan.retries : 0, task.attempts);
    if (next.next !== 'retry') {
      const result = progress.result === undefined ? {} : { result: progress.result };
      return this.#settle(task, claim, { ...called, outcome: next.next, reason, ...result }, seen);
    }
    const { id, type } = task.event;
    this.#context.log.info({ event: id, type, tool: called.tool, attempts: task.attempts, reason }, 'comes again');
    // Written down now, so that the next try is known to be the second.
    const tried = claim ?? (await this.#parts.claiming.claim(task, unit, this.#context.clock.now() + SLACK));
    if (!('attempt' in tried)) return tried;
    await this.#release({ task, unit, claim: tried });
    return { result: 'later', delay: next.delay, counted: true };
  }

  async #giveBack(attempt: Attempt, wait: number): Promise<DeliveryResult> {
    await this.#release(attempt);
    return { result: 'later', delay: delayFor(wait), counted: false };
  }

  /** An event that was claimed back keeps its claim while it waits here: nothing else stands behind it. */
  async #release({ task, unit, claim }: Pick<Attempt, 'task' | 'unit' | 'claim'>): Promise<void> {
    this.#parts.tally.retried();
    if (claim === undefined) return;
    claim.called = false;
    const { source, id } = task.event;
    if (task.held === undefined) await this.#context.ledger.release({ source, id, unit }, claim.attempt);
  }
}

function stepText(plan: CallPlan, step: number): string {
  return plan.steps.length === 1 ? '' : `step ${step + 1} of ${plan.steps.length}: `;
}
