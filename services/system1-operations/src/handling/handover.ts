import { type DeliveryResult, DONE } from '@vsmcp/nervous-system';
import { type Hearing, on, type ServiceContext, traceOfEvent } from '@vsmcp/service';
import { CloudEvent, Handover, VsmError } from '@vsmcp/vsm';
import { sleep } from '../attenuation/patience.js';
import { later, type Task } from '../deciding/task.js';

/** Pauses (ms) between looks at whether an event that was handed over is settled: the first, and the longest. */
const FIRST_LOOK = 10;
const LAST_LOOK = 500;

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

/**
 * Waits until what was handed over is settled: the next event of its partition key may begin only then.
 * @returns `later` when this replica drains before; handed over a second time, the event is recognised
 */
export async function untilSettled(
  { clock, ledger }: ServiceContext,
  { event: { source, id } }: Task,
  draining: AbortSignal,
): Promise<DeliveryResult> {
  for (let wait = FIRST_LOOK; !draining.aborted; wait = Math.min(2 * wait, LAST_LOOK)) {
    // It rejects when the service drains; the loop ends then.
    await sleep(clock, wait, draining).catch(() => undefined);
    if (await ledger.isSettled({ source, id, unit: '' })) return DONE;
  }
  return later('1s');
}

/** Events that other replicas handed over because this one owns their server. */
export function handoverHearing(
  {
    context,
    handle,
    draining,
  }: { context: ServiceContext; handle: (task: Task) => Promise<DeliveryResult>; draining: AbortSignal },
  from: string,
): Hearing {
  return on(Handover, async ({ data }, info) => {
    if (draining.aborted) return later('1s');
    const event = CloudEvent.parse(data.event);
    const attempts = data.attempts + info.attempts;
    const again = info.redelivered ? { redelivered: true as const } : {};
    return handle({ event, attempts, arrived: context.clock.now(), unsure: data.unsure === true, from, ...again });
  });
}
