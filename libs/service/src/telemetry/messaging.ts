import type { Attributes } from '@opentelemetry/api';
import type { Delivery, NervousSystem, Outgoing } from '@vsmcp/nervous-system';
import { exchangeName } from '@vsmcp/vsm';

/**
 * Names and attributes of the messaging spans, as OpenTelemetry's semantic conventions for messaging and for RabbitMQ
 * have them (1.45, in development).
 */

/** `publish vsm.outcome`, `process vsm.command`. */
export function spanName(operation: 'publish' | 'process', path: string, channel: Outgoing['channel']): string {
  return `${operation} ${exchangeName(path, channel)}`;
}

export function publishing(
  path: string,
  transport: NervousSystem['transport'],
  message: Omit<Outgoing, 'content'> & { content: Uint8Array },
): Attributes {
  return {
    ...system(transport),
    'messaging.operation.name': 'publish',
    'messaging.operation.type': 'send',
    'messaging.destination.name': `${exchangeName(path, message.channel)}:${message.key}`,
    ...about(path, message),
  };
}

/** @param queue its full name; absent for one that goes with its instance */
export function processing(
  path: string,
  transport: NervousSystem['transport'],
  delivery: Delivery,
  queue: string | undefined,
): Attributes {
  const from = [exchangeName(path, delivery.channel), delivery.key, ...(queue === undefined ? [] : [queue])];
  return {
    ...system(transport),
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': from.join(':'),
    ...about(path, delivery),
    'vsmcp.redelivered': delivery.redelivered,
    'vsmcp.attempts': delivery.attempts,
  };
}

function system(transport: NervousSystem['transport']): Attributes {
  return { 'messaging.system': transport === 'amqp' ? 'rabbitmq' : transport };
}

function about(
  path: string,
  { channel, key, id, correlationId, content }: Pick<Outgoing, 'channel' | 'key' | 'id' | 'correlationId' | 'content'>,
): Attributes {
  return {
    'messaging.destination.template': exchangeName(path, channel),
    'messaging.rabbitmq.destination.routing_key': key,
    'messaging.message.body.size': content.length,
    ...(id !== undefined && { 'messaging.message.id': id }),
    ...(correlationId !== undefined && { 'messaging.message.conversation_id': correlationId }),
  };
}
