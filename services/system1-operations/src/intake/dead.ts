import type { Consumer } from '@vsmcp/nervous-system';
import { type Delivery, DONE, type Handler, HEADERS, NOT_SIGNED } from '@vsmcp/nervous-system';
import { evidenceOf, type ServiceContext } from '@vsmcp/service';
import { type Clock, CloudEvent, QUEUES, readJson } from '@vsmcp/vsm';
import { sleep } from '../attenuation/patience.js';
import { fromOutside } from '../deciding/task.js';
import type { Settling } from '../settling/settling.js';
import { arrivals } from './arrivals.js';
import { holdUnreadable } from './unreadable.js';

/** Longest time (ms) for which one look at an event that another replica still holds waits. */
const LOOK = 5000;
const AT_ONCE = 20;

/** Drains `s1.dead` into the ledger: what could not be handled is held, with the reason, and can be replayed. */
export function drainDead(context: ServiceContext, settling: Settling, draining: AbortSignal): Promise<Consumer> {
  const handler: Handler = async (delivery) => {
    const reason = textHeader(delivery, HEADERS.reason) ?? 'delivered too often, or nobody listens';
    // A message that an alternate exchange passed on carries no word of ours; one that died on the environment says so.
    const said = textHeader(delivery, HEADERS.channel);
    const forged = reason === NOT_SIGNED;
    if (said !== 'environment' && !forged && isUnheardBroadcast(delivery)) return DONE;
    const channel = said ?? 'environment';
    const events = eventsOf(context, delivery, channel);
    for (const event of events) await holdDead(context, settling, event, reason, draining);
    if (events.length === 0) {
      const { key, headers, content } = delivery;
      // All who heard an unsigned message bury it: where it has no name its content is one.
      const id = delivery.id ?? (forged ? evidenceOf(content, {}).sha256 : context.ids());
      const unreadable = { id, channel, key, reason, headers, content };
      for (;;) {
        const until = await holdUnreadable(context, settling, unreadable);
        if (until === undefined) break;
        await look(context.clock, until, draining);
      }
    }
    return DONE;
  };
  return context.bus.subscribe({ queue: { name: 's1.dead', durable: QUEUES['s1.dead'] }, prefetch: AT_ONCE }, handler);
}

/** Waits until an event that another holds may be looked at again. @param deadline of the other, ms since the epoch */
function look(clock: Clock, deadline: number, draining: AbortSignal): Promise<void> {
  return sleep(clock, Math.min(LOOK, Math.max(1, deadline - clock.now())), draining);
}

/**
 * A command to all of a system that nobody heard: it only says that rows changed, and whoever starts reads the rows
 * first.
 */
function isUnheardBroadcast({ key, content }: Delivery): boolean {
  if (!/^s[1-5]\.all\.[a-z-]+$/.test(key)) return false;
  const message = CloudEvent.safeParse(safeJson(content));
  return message.success && message.data.type.startsWith('vsm.');
}

/**
 * Events of the environment, as they came or as one replica handed them to another. Messages of the fleet are none.
 * @param channel where it died
 */
function eventsOf(context: ServiceContext, delivery: Delivery, channel: string): CloudEvent[] {
  if (channel === 'coordination' && delivery.key.startsWith('handover.')) {
    const message = CloudEvent.safeParse(safeJson(delivery.content));
    const { data } = message.success ? message.data : {};
    const inner = typeof data === 'object' && data !== null && 'event' in data ? data.event : undefined;
    const event = CloudEvent.safeParse(inner);
    return event.success ? [event.data] : [];
  }
  if (channel !== 'environment') return [];
  return arrivals(context, delivery, context.clock.now()).flatMap((one) => (one.ok ? [fromOutside(one.event)] : []));
}

async function holdDead(
  context: ServiceContext,
  settling: Settling,
  event: CloudEvent,
  reason: string,
  draining: AbortSignal,
): Promise<void> {
  const { clock, ledger, instance } = context;
  for (;;) {
    const now = clock.now();
    const { source, id, type } = event;
    const claim = await ledger.claim({ source, id, type, unit: '', holder: instance, deadline: now + 30_000 });
    const task = { event, attempts: 0, arrived: now, unsure: false };
    if (claim.state === 'settled') {
      await settling.repeat(task, claim.outcome, claim.record);
      return;
    }
    if (claim.state !== 'taken') {
      const outcome = claim.state === 'called' ? 'doubt' : 'dead';
      await settling.settle(task, claim.attempt, { unit: '', outcome, reason });
      return;
    }
    await look(clock, claim.deadline, draining);
  }
}

function safeJson(content: Uint8Array): unknown {
  try {
    return readJson(content);
  } catch {
    return undefined;
  }
}

function textHeader({ headers }: Delivery, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
