import { CHANNEL_NAMES, CHANNELS, type Channel, type ChannelRule, DELIVERY_LIMIT, exchangeName } from '@vsmcp/vsm';
import type { ConsumeMessage } from 'amqplib';
import { countOf, HEADERS, plainHeaders, textOf } from '../headers.js';
import type { Delivery } from '../message.js';
import type { Way } from '../signing/signature-check.js';

/** A message as it came, with where it came from first. */
export interface Received {
  delivery: Delivery;
  /** Deliveries before this one that were given back. */
  deliveries: number;
  way: Way;
  message: ConsumeMessage;
}

/** @param dead whether it comes off the dead channel's queue */
export function receive(path: string, message: ConsumeMessage, dead: boolean): Received {
  const { fields, properties, content } = message;
  const headers: Record<string, unknown> = properties.headers ?? {};
  // Only what the delay queues or a consumer put back comes over the retry channel.
  const again = fields.exchange === exchangeName(path, 'retry');
  const key = (again && textOf(headers, HEADERS.key)) || fields.routingKey;
  const channel = (again && channelNamed(textOf(headers, HEADERS.channel))) || channelOf(path, fields.exchange);
  const deliveries = Math.max(countOf(headers, 'x-delivery-count'), again ? countOf(headers, HEADERS.deliveries) : 0);
  const id = text(properties.messageId);
  const appId = text(properties.appId);
  const replyTo = text(properties.replyTo);
  const contentEncoding = text(properties.contentEncoding);
  const correlationId = text(properties.correlationId);
  const timestamp = milliseconds(properties.timestamp);
  const delivery: Delivery = {
    channel,
    key,
    content,
    contentType: text(properties.contentType) ?? '',
    headers: plainHeaders(headers),
    redelivered: fields.redelivered || deliveries > 0,
    attempts: again ? countOf(headers, HEADERS.attempts) : 0,
    ...(contentEncoding !== undefined && { contentEncoding }),
    ...(id !== undefined && { id }),
    ...(appId !== undefined && { appId }),
    ...(timestamp !== undefined && { timestamp }),
    ...(replyTo !== undefined && { replyTo }),
    ...(correlationId !== undefined && { correlationId }),
  };
  if (!dead) return { delivery, deliveries, way: again ? 'again' : 'straight', message };
  const way = isMoved(path, message) ? 'moved' : 'straight';
  return { delivery: autopsy(path, delivery, message), deliveries, way, message };
}

/** True when the broker itself brought it to the dead: as an alternate exchange, or from a queue that gave it up. */
function isMoved(path: string, { fields, properties }: ConsumeMessage): boolean {
  if (fields.exchange === exchangeName(path, 'dead')) return properties.headers?.['x-death'] !== undefined;
  const rule: ChannelRule = CHANNELS[channelOf(path, fields.exchange)];
  return rule.alternate === true;
}

/** Says in our own words what the broker noted when it was the broker that gave the message up. */
function autopsy(path: string, delivery: Delivery, message: ConsumeMessage): Delivery {
  const headers: Record<string, unknown> = message.properties.headers ?? {};
  if (message.fields.exchange !== exchangeName(path, 'dead')) {
    const reason = `nobody listens to ${delivery.key}`;
    return dying(delivery, { [HEADERS.channel]: delivery.channel, [HEADERS.reason]: reason });
  }
  // The latest death comes first. A consumer that buries a message leaves no such note, but its own words.
  const death = message.properties.headers?.['x-death']?.[0];
  if (!death) return dying(delivery, { [HEADERS.channel]: textOf(headers, HEADERS.channel) ?? 'environment' });
  const again = death.exchange === exchangeName(path, 'retry');
  const key = (again && textOf(headers, HEADERS.key)) || delivery.key;
  return dying(
    { ...delivery, key, attempts: again ? countOf(headers, HEADERS.attempts) : 0 },
    {
      [HEADERS.channel]:
        channelNamed(again ? textOf(headers, HEADERS.channel) : undefined) ?? channelOf(path, death.exchange),
      [HEADERS.reason]: `delivered more than ${DELIVERY_LIMIT} times without being settled`,
      [HEADERS.queue]: death.queue.startsWith(`${path}.`) ? death.queue.slice(path.length + 1) : death.queue,
    },
  );
}

function dying(delivery: Delivery, said: Record<string, string>): Delivery {
  return { ...delivery, channel: 'dead', headers: { ...delivery.headers, ...said } };
}

function channelOf(path: string, exchange: string): Channel {
  return channelNamed(exchange.slice(path.length + 1)) ?? 'environment';
}

function channelNamed(name: string | undefined): Channel | undefined {
  return CHANNEL_NAMES.find((channel) => channel === name);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** AMQP says seconds; some clients send milliseconds. No event is from after the year 5138. */
function milliseconds(value: unknown): number | undefined {
  if (typeof value !== 'number') return undefined;
  return value > 1e11 ? value : value * 1000;
}
