import { type Delivery, type DeliveryResult, DONE, type Handler } from '@vsmcp/nervous-system';
import { inEventSpan, type ServiceContext } from '@vsmcp/service';
import { type Arrived, queueName } from '@vsmcp/vsm';
import { fromOutside, later, type Task } from '../deciding/task.js';
import type { Operations } from '../handling/operations.js';
import type { Settling } from '../settling/settling.js';
import type { Tally } from '../settling/tally.js';
import { arrivals } from './arrivals.js';
import { handleHere } from './here.js';
import { holdUnreadable } from './unreadable.js';

export interface WorkParts {
  context: ServiceContext;
  operations: Operations;
  settling: Settling;
  tally: Tally;
  draining: AbortSignal;
}

/**
 * Deliveries of the work queue. A message with one event ends as its event ends. A batch is acknowledged when each of
 * its events is settled or held; those that would come again wait here, so that the others are not repeated.
 */
export function workHandler(parts: WorkParts): Handler {
  const { context, operations, draining } = parts;
  const queue = queueName(context.config.path, 's1.work');
  return async (delivery) => {
    if (draining.aborted) return later('1s');
    const now = context.clock.now();
    const arrived = arrivedIn(context, delivery, now);
    const [first] = arrived;
    const spanned = (one: Arrived & { ok: true }, handle: (task: Task) => Promise<DeliveryResult>) =>
      inEventSpan(context, one.event, delivery, queue, (event) => handle(taskOf({ ...one, event }, delivery, now)));
    if (arrived.length === 1 && first?.ok) return spanned(first, (task) => operations.handle(task));
    const endings = await Promise.all(
      arrived.map((one, index) =>
        one.ok
          ? spanned(one, (task) => handleHere(operations, task, context.clock, draining))
          : hold(parts, one, delivery, index),
      ),
    );
    const again = endings.find((ending) => ending.result === 'later');
    // Each event of a batch has a trace of its own: the message comes again as it was.
    return again?.result === 'later' ? { ...again, headers: {} } : DONE;
  };
}

/**
 * The events of a message, and what could not be read as one; those that come together are counted. @param now ms since
 * the epoch
 */
export function arrivedIn(context: ServiceContext, delivery: Delivery, now: number): Arrived[] {
  const arrived = arrivals(context, delivery, now);
  if (arrived.length > 1) {
    context.metrics
      .counter('vsmcp_together_total', 'Events that came with others in a batch or frame')
      .inc(arrived.length);
  }
  return arrived;
}

export function taskOf({ event, hasId }: Arrived & { ok: true }, delivery: Delivery, arrived: number): Task {
  const unsure = !hasId && delivery.redelivered;
  const { attempts, redelivered } = delivery;
  return { event: fromOutside(event), attempts, arrived, unsure, ...(redelivered && { redelivered }) };
}

/** @param index of the event in its message */
export async function hold(
  { context, settling, tally }: WorkParts,
  { reason, key, headers, content }: Arrived & { ok: false },
  delivery: Delivery,
  index: number,
): Promise<DeliveryResult> {
  tally.received('');
  // Two messages without an id may have the same bytes; holding one twice after a crash is the lesser harm.
  const name = delivery.id ?? context.ids();
  const id = content === delivery.content ? name : `${name}:${index}`;
  const { channel } = delivery;
  const until = await holdUnreadable(context, settling, { id, channel, key, reason, headers, content });
  return until === undefined ? DONE : later('1s');
}
