import { type DeliveryResult, DONE } from '@vsmcp/nervous-system';
import { type Clock, RETRY_DELAYS } from '@vsmcp/vsm';
import { sleep } from '../attenuation/patience.js';
import type { Task } from '../deciding/task.js';
import type { Operations } from '../handling/operations.js';

/** Longest wait (ms) between two tries of an event that waits in this process. */
const LONGEST = 5000;

/**
 * Handles an event until it is settled, waiting in this process where it would otherwise come again through the broker:
 * for events of a batch, whose message must not come again whole, and for events out of the ledger, which have no
 * message.
 * @param patience ms
 * @returns `later` when it could not be settled before `draining`, or within `patience`
 */
export async function handleHere(
  operations: Operations,
  task: Task,
  clock: Clock,
  draining: AbortSignal,
  patience = Number.POSITIVE_INFINITY,
): Promise<DeliveryResult> {
  const until = clock.now() + patience;
  let attempts = task.attempts;
  for (;;) {
    const ending = await operations.handle({ ...task, attempts });
    if (ending.result !== 'later') return DONE;
    if (ending.counted) attempts++;
    const wait = Math.min(RETRY_DELAYS[ending.delay], LONGEST);
    if (clock.now() + wait > until) return ending;
    try {
      await sleep(clock, wait, draining);
    } catch {
      return ending;
    }
  }
}
