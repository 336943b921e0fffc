import type { DeliveryResult } from '@vsmcp/nervous-system';
import { inSpan, type ServiceContext } from '@vsmcp/service';
import type { LatestWindows } from '../attenuation/latest.js';
import { delayWithin } from '../deciding/outcome.js';
import { later, nameOf, type Task } from '../deciding/task.js';
import type { OperationEvidence } from './evidence.js';
import type { Settling } from './settling.js';
import type { Tally } from './tally.js';

/** Longest time (ms) after which an event that another holds is looked at again. */
const LOOK_AGAIN = 30_000;

/** `called`: the intent to make a call stands written, and how the call went is not known. */
export interface Claim {
  attempt: number;
  called: boolean;
}

interface Parts {
  evidence: OperationEvidence;
  settling: Settling;
  tally: Tally;
  windows: LatestWindows;
}

/**
 * Ownership of events. An event whose effect must not happen twice is claimed in the ledger before anything is done.
 * One that may be repeated needs no claim: it is done, and the first to settle it wins (decision 0023).
 */
export class Claiming {
  readonly #context: ServiceContext;
  readonly #parts: Parts;
  /** Events that this replica works on. */
  readonly #here = new Set<string>();

  constructor(context: ServiceContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
  }

  /**
   * Works on an event, unless this replica does already: then it comes again, to find what became of it. What was
   * claimed back has its claim, and nobody else works on it.
   */
  async alone(task: Task, work: () => Promise<DeliveryResult>): Promise<DeliveryResult> {
    if (task.held !== undefined) return work();
    const name = nameOf(task);
    if (this.#here.has(name)) {
      this.#parts.tally.duplicate();
      return later('1s');
    }
    this.#here.add(name);
    try {
      return await work();
    } finally {
      this.#here.delete(name);
    }
  }

  /**
   * True when nothing speaks for an earlier delivery of the event, whose outcome should be said again instead of a
   * second call; and none of its partition key is held up by it, which a call of a replica that lost its partition
   * could still overtake.
   */
  isFirst({ event, attempts, held, inOrder, redelivered }: Task): boolean {
    return attempts === 0 && held === undefined && !inOrder && !redelivered && !this.#parts.evidence.has(event);
  }

  /**
   * The claim, or how the event ends without one. @param deadline ms since the epoch until which nobody else may have
   * it
   */
  async claim(task: Task, unit: string, deadline: number): Promise<Claim | DeliveryResult> {
    if (task.held !== undefined) return task.held;
    const context = this.#context;
    const { tally, settling, windows } = this.#parts;
    const { source, id, type } = task.event;
    const claim = { source, id, unit, type, holder: context.instance, deadline };
    const claimed = await inSpan(context, 'claim', { attributes: { 'vsmcp.unit': unit } }, async (span) => {
      const answer = await context.ledger.claim(claim);
      span.setAttribute('vsmcp.claim', answer.state);
      return answer;
    });
    switch (claimed.state) {
      case 'settled':
        tally.duplicate();
        windows.forget(unit, type, nameOf(task));
        return settling.repeat(task, claimed.outcome, claimed.record);
      case 'taken':
        tally.duplicate();
        return later(delayWithin(Math.min(claimed.deadline - context.clock.now(), LOOK_AGAIN)));
      case 'fresh':
        tally.received(unit);
        return { attempt: claimed.attempt, called: false };
      case 'again':
      case 'called':
        return { attempt: claimed.attempt, called: claimed.state === 'called' };
    }
  }
}
