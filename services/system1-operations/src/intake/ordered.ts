import { type DeliveryResult, DONE, type Handler, KEEP } from '@vsmcp/nervous-system';
import { inEventSpan, KeyedSerial } from '@vsmcp/service';
import { partitionKeyIn, partitionKeyOf, type QueueName, queueName, reasonOf } from '@vsmcp/vsm';
import { sleep } from '../attenuation/patience.js';
import { handleHere } from './here.js';
import { arrivedIn, hold, taskOf, type WorkParts } from './work.js';

/** Pause (ms) before what could not be held is tried again. */
const PAUSE = 1000;

/**
 * Deliveries of the partitions, each of which one replica reads at a time. Of events with the same partition key the
 * next begins when the one before is settled or held, its retries included, which therefore happen here and not through
 * the broker. What is not settled when this replica goes keeps its place in the queue for the one that takes over.
 *
 * A replica that lost its partition without knowing may still be busy with its events. It and the new one take them in
 * the same order, and one begins only after the ledger has the one before: whoever comes second finds it settled.
 */
export function orderedHandler(parts: WorkParts): (queue: QueueName) => Handler {
  const { context, operations, draining } = parts;
  const turns = new KeyedSerial();
  const waiting = context.metrics.gauge('vsmcp_ordered_waiting', 'Events that wait for one before them with their key');
  const holdHere = async (...[one, delivery, index]: HoldArguments): Promise<DeliveryResult> => {
    while (!draining.aborted) {
      try {
        if ((await hold(parts, one, delivery, index)).result === 'done') return DONE;
      } catch (error) {
        context.log.warn({ key: delivery.key, reason: reasonOf(error) }, 'could not be held, and is tried again');
      }
      // It rejects when the service drains; the loop ends then.
      await sleep(context.clock, PAUSE, draining).catch(() => undefined);
    }
    return KEEP;
  };
  return (name) => {
    const queue = queueName(context.config.path, name);
    return async (delivery) => {
      if (draining.aborted) return KEEP;
      const now = context.clock.now();
      const ofAll = partitionKeyIn(delivery.headers) ?? '';
      const endings = arrivedIn(context, delivery, now).map((one, index) => {
        const key = (one.ok ? partitionKeyOf(one.event) : undefined) ?? ofAll;
        const ending = turns.run(key, async () => {
          if (draining.aborted) return KEEP;
          if (!one.ok) return holdHere(one, delivery, index);
          return inEventSpan(context, one.event, delivery, queue, (event) => {
            const task = { ...taskOf({ ...one, event }, delivery, now), inOrder: true as const };
            return handleHere(operations, task, context.clock, draining);
          });
        });
        waiting.set(turns.waiting);
        return ending;
      });
      const all = await Promise.all(endings);
      waiting.set(turns.waiting);
      return all.every(({ result }) => result === 'done') ? DONE : KEEP;
    };
  };
}

type HoldArguments = Parameters<typeof hold> extends [unknown, ...infer Rest] ? Rest : never;
