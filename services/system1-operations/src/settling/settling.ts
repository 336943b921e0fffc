import { type DeliveryResult, DONE } from '@vsmcp/nervous-system';
import { inSpan, type ServiceContext, type Settlement, type Trace, traceOfEvent } from '@vsmcp/service';
import { Algedonic, type CloudEvent, Outcome, type OutcomeKind, type ParkedCause } from '@vsmcp/vsm';
import { persist } from '../attenuation/patience.js';
import { type OutcomeRecord, outcomeId } from '../deciding/outcome.js';
import { answerOf, type Task } from '../deciding/task.js';
import type { Answers } from './answers.js';
import type { Tally } from './tally.js';

/** How an event ends, beyond its name. */
export interface EventResult {
  unit: string;
  outcome: OutcomeKind;
  cause?: ParkedCause;
  /** Hash of the guard that parked it. */
  guard?: string;
  reason?: string;
  tool?: string;
  result?: unknown;
  /** Milliseconds inside tools. */
  calling?: number;
  /** Path of the fleet whose outcome this is, when the unit is a system. */
  below?: string;
}

const HELD: ReadonlySet<OutcomeKind> = new Set(['parked', 'dead', 'doubt', 'asked']);

/** Time (ms) after which an outcome that was written and not said is said by whoever finds it. */
const UNSAID = 15_000;

/**
 * Another took the event over: its message comes again to find what became of it; what was held has no message and is
 * theirs.
 */
export const OVERTAKEN = (task: Task): DeliveryResult =>
  task.held === undefined ? { result: 'later', delay: '5s', counted: false } : DONE;

/**
 * Writes down what became of an event, and says it. In this order, so that a crash in between loses nothing: the
 * ledger's row, the confirmed outcome, the answer; only then is the delivery acknowledged. An event that comes again
 * finds the row and has its outcome said again, under the same id.
 */
export class Settling {
  readonly #context: ServiceContext;
  readonly #tally: Tally;
  readonly #answers: Answers;
  readonly #ending: AbortSignal;
  readonly #count: (unit: string, outcome: string) => void;

  /** @param ending aborted when the service can wait no longer */
  constructor(context: ServiceContext, tally: Tally, answers: Answers, ending: AbortSignal) {
    this.#context = context;
    this.#tally = tally;
    this.#answers = answers;
    this.#ending = ending;
    const operations = context.metrics.counter('vsmcp_operations_total', 'Events by unit and outcome', [
      'unit',
      'outcome',
    ]);
    this.#count = (unit, outcome) => operations.inc({ unit: unit || 'none', outcome });
  }

  /**
   * Settles an event that needs no call and was not seen before, with one write.
   * @returns undefined when it was seen before: then it has to be claimed first
   */
  settleNew(task: Task, fate: EventResult): Promise<DeliveryResult | undefined> {
    return this.#settleNew(task, fate, (write) => write());
  }

  /**
   * The same for one whose calls were made without a claim: because they have happened, it is tried until it is
   * written.
   */
  settleFirst(task: Task, fate: EventResult): Promise<DeliveryResult | undefined> {
    return this.#settleNew(task, fate, (write) => persist(this.#context.clock, this.#ending, write));
  }

  #settleNew(
    task: Task,
    fate: EventResult,
    until: (write: () => Promise<boolean>) => Promise<boolean>,
  ): Promise<DeliveryResult | undefined> {
    const attributes = { 'vsmcp.unit': fate.unit, 'vsmcp.outcome': fate.outcome, 'vsmcp.new': true };
    return inSpan(this.#context, 'settle', { attributes }, async () => {
      const { ledger, instance } = this.#context;
      const record = this.#record(task, 1, fate);
      const { type } = task.event;
      const settlement = { ...settlementOf(task, fate, record), type, holder: instance };
      const mine = await until(() => ledger.settleNew(settlement));
      if (!mine) return undefined;
      this.#tally.received(fate.unit);
      return this.#settled(task, 1, fate, record);
    });
  }

  /** @param attempt of the claim */
  settle(task: Task, attempt: number, fate: EventResult): Promise<DeliveryResult> {
    const attributes = { 'vsmcp.unit': fate.unit, 'vsmcp.outcome': fate.outcome };
    return inSpan(this.#context, 'settle', { attributes }, () => this.#settle(task, attempt, fate));
  }

  async #settle(task: Task, attempt: number, fate: EventResult): Promise<DeliveryResult> {
    const { clock, ledger } = this.#context;
    const record = this.#record(task, attempt, fate);
    const mine = await persist(clock, this.#ending, () =>
      ledger.settle({ ...settlementOf(task, fate, record), attempt }),
    );
    return mine ? this.#settled(task, attempt, fate, record) : OVERTAKEN(task);
  }

  #record({ event, arrived }: Task, attempt: number, fate: EventResult): OutcomeRecord {
    const { clock, instance } = this.#context;
    const by = answerOf(event)?.by;
    return {
      event: { source: event.source, id: event.id, type: event.type },
      ...fate,
      ...(by !== undefined && { by }),
      took: clock.now() - arrived,
      attempts: attempt,
      instance,
    };
  }

  /** Counts and says what was written. */
  async #settled(task: Task, attempt: number, fate: EventResult, record: OutcomeRecord): Promise<DeliveryResult> {
    const { log } = this.#context;
    const { event } = task;
    this.#tally.outcome(fate.unit, event.type, fate.outcome);
    this.#count(fate.unit, fate.outcome);
    log.debug(
      { event: event.id, type: event.type, unit: fate.unit, reason: fate.reason, ...traceOfEvent(event) },
      fate.outcome,
    );
    if (task.held === undefined) await this.#say(event, record);
    else await this.#sayHeld(event, record, attempt);
    return DONE;
  }

  /** Says the outcome of an event again that came again: whoever settled it may not have come so far. */
  async repeat(task: Task, outcome: OutcomeKind, record: unknown): Promise<DeliveryResult> {
    const known = Outcome.data.safeParse(record);
    const { source, id, type } = task.event;
    const { instance } = this.#context;
    const said = known.success ? known.data : { event: { source, id, type }, unit: '', outcome, instance };
    await this.#say(task.event, said);
    return DONE;
  }

  /** Says what was written of an event behind which no message stands. @param attempt as the ledger has it */
  async sayWritten(record: OutcomeRecord, attempt: number): Promise<void> {
    this.#tally.outcome(record.unit, record.event.type, record.outcome);
    this.#count(record.unit, record.outcome);
    await this.#sayOnce(record, attempt);
  }

  /** Says what was written and, because its writer vanished or the broker was away, never said. */
  async sayUnsaid(): Promise<void> {
    const { clock, ledger } = this.#context;
    for (const { attempt, record, ...key } of await ledger.unsaid(clock.now() - UNSAID, 200)) {
      const known = Outcome.data.safeParse(record);
      if (known.success) await this.#sayOnce(known.data, attempt);
      else await ledger.said(key, attempt);
    }
  }

  async #sayOnce(record: OutcomeRecord, attempt: number): Promise<void> {
    const { source, id } = record.event;
    await this.#tell(record.event, record);
    await this.#context.ledger.said({ source, id, unit: record.unit }, attempt);
  }

  async #say(event: CloudEvent, record: OutcomeRecord): Promise<void> {
    await this.#tell(event, record, { trace: traceOfEvent(event) });
    await this.#answers.write(event, record);
  }

  /** Pain comes first: once the outcome is said, nobody would think of it again. */
  async #tell(
    { id, type }: OutcomeRecord['event'],
    record: OutcomeRecord,
    traced: { trace?: Trace } = {},
  ): Promise<void> {
    await this.#hurtIfDoubt(record);
    const options = { id: outcomeId(record), cause: id, ...traced };
    await this.#context.say(Outcome, `${record.outcome}.${type}`, record, options);
  }

  /** No message comes again for an event that was held: what cannot be said now is said later, out of the ledger. */
  async #sayHeld(event: CloudEvent, record: OutcomeRecord, attempt: number): Promise<void> {
    const { ledger, log } = this.#context;
    try {
      await this.#say(event, record);
      await ledger.said({ source: event.source, id: event.id, unit: record.unit }, attempt);
    } catch (error) {
      log.warn({ event: event.id, type: event.type, error }, 'its outcome is written and will be said later');
    }
  }

  /** Doubt below hurts below, and climbs from there. */
  async #hurtIfDoubt({ event, unit, outcome, reason = '', below }: OutcomeRecord): Promise<void> {
    if (outcome !== 'doubt' || below !== undefined) return;
    const { clock, say } = this.#context;
    const pain = { alert: `doubt:${unit}`, severity: 'pain' as const, unit, since: clock.now() };
    await say(Algedonic, `pain.s1.${unit || 'none'}`, { ...pain, what: `${event.type} ${event.id}: ${reason}` });
  }
}

function settlementOf({ event, held }: Task, fate: EventResult, record: OutcomeRecord): Omit<Settlement, 'attempt'> {
  return {
    source: event.source,
    id: event.id,
    unit: fate.unit,
    outcome: fate.outcome,
    record,
    ...(fate.reason !== undefined && { because: fate.reason }),
    ...(fate.guard !== undefined && { guard: fate.guard }),
    ...(fate.cause !== undefined && { cause: fate.cause }),
    ...(HELD.has(fate.outcome) && { event }),
    ...(held !== undefined && { unsaid: true as const }),
  };
}
