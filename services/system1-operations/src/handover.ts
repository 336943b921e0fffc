import type { Verdict } from '@vsmcp/nervous-system';
import { type Hearing, on, type ServiceContext, traceOfEvent } from '@vsmcp/service';
import { CloudEvent, Handover, VsmError } from '@vsmcp/vsm';
import { later, type Task } from './task.js';

/**
 * Gives an event to the replica that owns the server, over the server's own queue. Nothing is claimed.
 * @returns false when the queue is not there, because nobody has owned the server yet
 */
export async function handOver({ say }: ServiceContext, task: Task, server: string): Promise<boolean> {
  const { event, attempts, unsure } = task;
  const options = { cause: event.id, trace: traceOfEvent(event), mandatory: true as const };
  try {
    await say(Handover, `handover.${server}`, { event, attempts, key: event.type, unsure }, options);
    return true;
  } catch (error) {
    if (error instanceof VsmError && error.code === 'VSM_NOT_FOUND') return false;
    throw error;
  }
}

/** Events that other replicas handed over because this one owns their server. */
export function handoverHearing(
  {
    context,
    handle,
    draining,
  }: { context: ServiceContext; handle: (task: Task) => Promise<Verdict>; draining: AbortSignal },
  from: string,
): Hearing {
  return on(Handover, async ({ data }, info) => {
    if (draining.aborted) return later('1s');
    const event = CloudEvent.parse(data.event);
    const attempts = data.attempts + info.attempts;
    return handle({ event, attempts, arrived: context.clock.now(), unsure: data.unsure === true, from });
  });
}
