import { type Delivery, type DeliveryResult, DONE, type Subscription } from '@vsmcp/nervous-system';
import { type CloudEvent, isKey, type Message, type MessageKind, QUEUES, type QueueName, reasonOf } from '@vsmcp/vsm';
import type { Hearing, ServiceContext } from '../service.js';
import { issueOf, traceOf, unseal } from './envelope.js';
import { evidenceOf } from './evidence.js';

type From = Parameters<ServiceContext['hear']>[0];
type Around = Pick<ServiceContext, 'system' | 'instance' | 'clock' | 'log' | 'metrics' | 'ledger'>;

/** How long the holding of one malformed message may take before another instance may try (ms). */
const HOLDING = 30_000;

export function durable(name: QueueName): Subscription['queue'] {
  return { name, durable: QUEUES[name] };
}

export function queueOf(from: From): Subscription['queue'] {
  if (typeof from === 'string') return durable(from);
  return 'durable' in from ? from : { own: true, channel: from.channel, bind: from.bind };
}

/**
 * Hands a delivery to the hearing of its kind. What cannot be read is held with the reason; what nobody hears is passed
 * over.
 */
export async function dispatch(around: Around, on: readonly Hearing[], delivery: Delivery): Promise<DeliveryResult> {
  let event: CloudEvent;
  try {
    event = unseal(delivery);
  } catch (error) {
    return hold(around, delivery, undefined, reasonOf(error));
  }
  const hearing = on.find(({ kind }) => isOfKind(event.type, kind));
  if (!hearing) return DONE;
  const data = hearing.kind.data.safeParse(event.data);
  if (!data.success) return hold(around, delivery, event, `${event.type}: data.${issueOf(data.error)}`);
  const message: Message<MessageKind> = { ...event, data: data.data };
  const { key, attempts, redelivered, headers } = delivery;
  return (await hearing.handle(message, { key, attempts, redelivered, trace: traceOf(headers) })) ?? DONE;
}

/** `vsm.<system>.heartbeat.v1` is of kind `vsm.any.heartbeat.v1`. */
function isOfKind(type: string, kind: MessageKind): boolean {
  return kind.from === 'any' ? /^vsm\.[a-z0-9]+\.(.+)$/.exec(type)?.[1] === `${kind.kind}.v1` : type === kind.type;
}

async function hold(
  around: Around,
  delivery: Delivery,
  event: CloudEvent | undefined,
  why: string,
): Promise<DeliveryResult> {
  const { ledger, clock, log, system, instance } = around;
  const { content, key, headers } = delivery;
  const evidence = evidenceOf(content, headers);
  // Under a source of its own, so that it cannot stand in the way of an event of that name.
  const name = { source: `unreadable:${delivery.channel}`, id: event?.id ?? evidence.sha256, unit: '' };
  const type = event?.type ?? (isKey(key) ? key : 'unreadable');
  log.warn({ channel: delivery.channel, key, id: name.id }, `held as dead: ${why}`);
  around.metrics.counter('vsmcp_malformed_messages_total', 'Messages that did not fit their schema', ['channel']).inc({
    channel: delivery.channel,
  });

  const deadline = clock.now() + HOLDING;
  const claim = await ledger.claim({ ...name, type, holder: `${system}/${instance}`, deadline });
  if (claim.state === 'settled') return DONE;
  // Somebody else who heard the same message is holding it, unless it comes again: then its holder may have vanished.
  if (claim.state === 'taken') return delivery.redelivered ? { result: 'later', delay: '30s', counted: false } : DONE;
  await ledger.settle({
    ...name,
    attempt: claim.attempt,
    outcome: 'dead',
    because: why,
    record: {
      event: { source: name.source, id: name.id, type },
      unit: '',
      outcome: 'dead',
      reason: why,
      instance,
    },
    event: evidence,
  });
  return DONE;
}
