import { type DeliveryResult, DONE } from '@vsmcp/nervous-system';
import { type ServiceContext, traceOfEvent } from '@vsmcp/service';
import { RETRY_DELAYS, type RetryDelay, VsmError } from '@vsmcp/vsm';
import type { BreakerPermit, Breakers } from '../attenuation/breakers.js';
import type { Bulkhead } from '../attenuation/bulkhead.js';
import type { LatestWindows } from '../attenuation/latest.js';
import { priorityOf, type Shedding } from '../attenuation/shedding.js';
import { Slot } from '../attenuation/slot.js';
import type { Catalog } from '../deciding/catalog.js';
import { type Disposition, dispose, obstacleTo } from '../deciding/disposition.js';
import type { Match } from '../deciding/matching.js';
import { delayFor } from '../deciding/outcome.js';
import type { CallPlan } from '../deciding/plan.js';
import { later, nameOf, operationOf, type Task } from '../deciding/task.js';
import type { Border } from '../recursion/border.js';
import type { Servers } from '../servers/servers.js';
import type { Claiming } from '../settling/claiming.js';
import type { EventResult, Settling } from '../settling/settling.js';
import type { Tally } from '../settling/tally.js';
import type { Attempt } from './attempt.js';
import type { Call } from './call.js';
import { handOver, untilSettled } from './handover.js';

/** How long (ms) the settlement of an event without a call may take before another replica may take it over. */
const WITHOUT_CALL = 15_000;
/** Longest time (ms) for which an event is sent away because its tool is left alone. */
const LEFT_ALONE = 30_000;
const FREE: BreakerPermit = { ended: () => {}, leave: () => {} };
/** The unit of operations whose type no unit absorbs. */
const OPERATIONS_UNIT = 'operations';

export interface Parts {
  context: ServiceContext;
  catalog: Catalog;
  servers: Servers;
  bulkhead: Bulkhead;
  breakers: Breakers;
  shedding: Shedding;
  windows: LatestWindows;
  settling: Settling;
  tally: Tally;
  call: Call;
  claiming: Claiming;
  border: Pick<Border, 'has' | 'descend'>;
  draining: AbortSignal;
  /** Told when something was parked that can be answered by now. */
  answerable(): void;
}

/**
 * Takes one event from its arrival to its settlement: what is to be done (`disposition.ts`), the claim, the call
 * (`call.ts`), the settlement (`settling.ts`). Whatever fails on the way, the event comes again.
 */
export class Operations {
  readonly #parts: Parts;
  /** Why the last event could not be written down, where that was so. */
  #unwritten: string | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.context.check('ledger', () =>
      this.#unwritten === undefined
        ? { ok: true }
        : { ok: false, reason: `events cannot be written down, and come again: ${this.#unwritten}` },
    );
  }

  /** Never rejects. */
  async handle(task: Task): Promise<DeliveryResult> {
    try {
      const ending = await this.#handle(task);
      this.#unwritten = undefined;
      return ending;
    } catch (error) {
      const { log } = this.#parts.context;
      if (error instanceof VsmError && error.code === 'VSM_DATABASE') this.#unwritten = error.message;
      log.warn({ event: task.event.id, type: task.event.type, error, ...traceOfEvent(task.event) }, 'comes again');
      this.#parts.tally.retried();
      return later('5s');
    }
  }

  async #handle(task: Task): Promise<DeliveryResult> {
    const { catalog, tally } = this.#parts;
    const { event } = task;
    const match = catalog.match(event.type);
    const operation = operationOf(event);
    const unit = match?.unit ?? (operation === undefined ? '' : OPERATIONS_UNIT);
    const todo = operation === undefined ? this.#dispose(task, match) : this.#obstacle(operation);
    switch (todo.do) {
      case 'descend':
        return this.#descend(task, unit);
      case 'note':
        return this.#settle(task, { unit, outcome: 'noted' });
      case 'attenuate':
        return this.#settle(task, { unit, outcome: 'attenuated' });
      case 'end': {
        const { outcome, because, result } = todo;
        const how = { ...(because !== undefined && { reason: because }), ...(result !== undefined && { result }) };
        return this.#settle(task, { unit, outcome, ...how });
      }
      case 'park':
        // The asker of an operation waits for it: it fails now, and they can ask again.
        return operation === undefined
          ? this.#park(task, unit, todo)
          : this.#settle(task, { unit, outcome: 'dead', reason: todo.because });
      case 'wait':
        tally.retried();
        return later('1s');
      case 'handover':
        return this.#handover(task, todo.server);
      case 'call':
        return operation === undefined ? this.#admit(task, unit, todo.plan) : this.#enter(task, unit, todo.plan, FREE);
    }
  }

  /** An event that the unit has no use for is shed; one that its tool cannot take now comes again later. */
  async #admit(task: Task, unit: string, plan: CallPlan): Promise<DeliveryResult> {
    const { breakers, context, shedding, tally } = this.#parts;
    const priority = priorityOf(task.event, plan.priority);
    const unwanted = shedding.onArrival(unit, nameOf(task), priority, context.clock.now());
    if (unwanted !== undefined && task.held === undefined) return this.#shed(task, unit, unwanted);
    const deadline = plan.deadline ?? context.config.settings.operation_deadline;
    const tools = plan.steps.map(({ server, tool }) => `${server}.${tool}`);
    const permit = breakers.enter(unit, tools, deadline);
    if (typeof permit !== 'number') return this.#enter(task, unit, plan, permit);
    tally.retried();
    return this.#away(task, unit, plan, delayFor(Math.min(permit, LEFT_ALONE)));
  }

  /** Calls within the unit's share of concurrency; past it, the event comes again later and makes room for others. */
  async #enter(task: Task, unit: string, plan: CallPlan, permit: BreakerPermit): Promise<DeliveryResult> {
    const { bulkhead, context, shedding, tally, draining } = this.#parts;
    const slot = new Slot(bulkhead, context.clock, draining, unit, plan.steps[0]?.server ?? '');
    try {
      if (!(await slot.enter())) {
        tally.turnedAway(unit);
        return await this.#away(task, unit, plan, '1s');
      }
      shedding.leave(unit, nameOf(task));
      return await this.#call({ task, unit, plan, slot, permit });
    } finally {
      slot.leave();
      permit.leave();
      tally.spent(unit, slot.spent);
    }
  }

  /** The event comes again after the delay, unless the unit's queue is full of what matters more. */
  async #away(task: Task, unit: string, plan: CallPlan, delay: RetryDelay): Promise<DeliveryResult> {
    const { catalog, context, shedding } = this.#parts;
    const most = catalog.units.get(unit)?.queue;
    if (most === undefined || task.held !== undefined || operationOf(task.event) !== undefined) return later(delay);
    const now = context.clock.now();
    const queue = { most, delay: RETRY_DELAYS[delay], now };
    const full = shedding.turnedAway(unit, nameOf(task), priorityOf(task.event, plan.priority), queue);
    return full === undefined ? later(delay) : this.#shed(task, unit, full);
  }

  /** Let go under overload, for good. */
  #shed(task: Task, unit: string, reason: string): Promise<DeliveryResult> {
    this.#parts.windows.forget(unit, task.event.type, nameOf(task));
    return this.#settle(task, { unit, outcome: 'shed', reason });
  }

  /** The server may have come while its event was being parked: then it is claimed back at once. */
  async #park(
    task: Task,
    unit: string,
    { cause, because, guard }: Disposition & { do: 'park' },
  ): Promise<DeliveryResult> {
    const ending = await this.#settle(task, {
      unit,
      outcome: 'parked',
      cause,
      reason: because,
      ...(guard !== undefined && { guard }),
    });
    if (cause === 'unavailable' && this.#canAnswer(task.event.type)) this.#parts.answerable();
    return ending;
  }

  #canAnswer(type: string): boolean {
    const { catalog, servers } = this.#parts;
    const plan = catalog.plan(catalog.match(type));
    if (plan === undefined || plan instanceof VsmError || plan.kind !== 'call') return false;
    return obstacleTo(plan, { server: (name) => servers.view(name) }) === undefined;
  }

  #dispose(task: Task, match: Match | undefined): Disposition {
    const { catalog, servers, windows, context } = this.#parts;
    const { event } = task;
    return dispose(event, match, catalog.plan(match), {
      server: (name) => servers.view(name),
      system: (name) => this.#parts.border.has(name),
      first: ({ latest }) =>
        latest === undefined || windows.first(match?.unit ?? '', event.type, latest, nameOf(task), context.clock.now()),
    });
  }

  #obstacle(plan: CallPlan): Disposition {
    return obstacleTo(plan, { server: (name) => this.#parts.servers.view(name) }) ?? { do: 'call', plan };
  }

  #call(attempt: Omit<Attempt, 'claim'>): Promise<DeliveryResult> {
    const { task, unit, plan } = attempt;
    const { call, claiming, context } = this.#parts;
    return claiming.alone(task, async () => {
      if (claiming.isFirst(task) && call.needsNoClaim(plan)) return call.make({ ...attempt, claim: undefined });
      const claim = await claiming.claim(task, unit, context.clock.now() + call.longest(plan));
      return 'attempt' in claim ? call.make({ ...attempt, claim }) : claim;
    });
  }

  /** Down to a unit that is a system: to send it twice does no harm, so whoever holds the claim sends it. */
  async #descend(task: Task, unit: string): Promise<DeliveryResult> {
    const { border, claiming, context } = this.#parts;
    const claim = await claiming.claim(task, unit, context.clock.now() + WITHOUT_CALL);
    return 'attempt' in claim ? border.descend(task, unit, claim) : claim;
  }

  /** Settles an event that needs no call, unless an earlier holder may have made one. */
  async #settle(task: Task, fate: EventResult): Promise<DeliveryResult> {
    const { claiming, context, settling } = this.#parts;
    if (task.held === undefined) {
      const ending = await settling.settleNew(task, fate);
      if (ending !== undefined) return ending;
    }
    const claim = await claiming.claim(task, fate.unit, context.clock.now() + WITHOUT_CALL);
    if (!('attempt' in claim)) return claim;
    if (!claim.called) return settling.settle(task, claim.attempt, fate);
    const reason = `an earlier call may have happened; now: ${fate.reason ?? fate.outcome}`;
    return settling.settle(task, claim.attempt, { unit: fate.unit, outcome: 'doubt', reason });
  }

  async #handover(task: Task, server: string): Promise<DeliveryResult> {
    const { context, tally } = this.#parts;
    // An event claimed back is the owner's to claim back; one handed over waits for the next owner.
    const mine = task.held !== undefined || task.from === server;
    if (!mine && (await handOver(context, task, server))) {
      return task.inOrder ? untilSettled(context, task, this.#parts.draining) : DONE;
    }
    tally.retried();
    return later('1s');
  }
}
