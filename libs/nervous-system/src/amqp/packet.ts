import {
  CHANNEL_NAMES,
  type Channel,
  DELIVERY_LIMIT,
  exchangeName,
  type RetryDelay,
  reasonOf,
  retryKey,
  VsmError,
} from '@vsmcp/vsm';
import type { ConsumeMessage, Options } from 'amqplib';
import { countOf, HEADERS, plainHeaders, textOf } from '../headers.js';
import type { Delivery, Outgoing } from '../nervous-system.js';

/** A message as it goes to the broker. */
export interface Packet {
  exchange: string;
  key: string;
  content: Uint8Array;
  options: Options.Publish;
}

export function outgoingPacket(path: string, message: Outgoing, appId: string, now: number): Packet {
  return {
    exchange: exchangeName(path, message.channel),
    key: message.key,
    content: message.content,
    options: {
      contentType: message.contentType,
      persistent: !message.transient,
      appId,
      timestamp: Math.floor(now / 1000),
      headers: message.headers ?? {},
      ...(message.mandatory && { mandatory: true }),
      ...(message.id !== undefined && { messageId: message.id }),
      ...(message.replyTo !== undefined && { replyTo: message.replyTo }),
      ...(message.correlationId !== undefined && { correlationId: message.correlationId }),
    },
  };
}

/** A message as it came, with where it came from first. */
export interface Received {
  delivery: Delivery;
  /** Deliveries before this one that were given back. */
  deliveries: number;
  message: ConsumeMessage;
}

/** @param dead whether it comes off the dead channel's queue */
export function receive(path: string, message: ConsumeMessage, dead: boolean): Received {
  const { fields, properties, content } = message;
  const headers: Record<string, unknown> = properties.headers ?? {};
  // Only what the delay queues or a consumer put into a queue by name comes through the default exchange.
  const again = fields.exchange === '';
  const key = (again && textOf(headers, HEADERS.key)) || fields.routingKey;
  const channel = (again && channelNamed(textOf(headers, HEADERS.channel))) || channelOf(path, fields.exchange);
  const deliveries = Math.max(countOf(headers, 'x-delivery-count'), again ? countOf(headers, HEADERS.deliveries) : 0);
  const id = text(properties.messageId);
  const appId = text(properties.appId);
  const replyTo = text(properties.replyTo);
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
    ...(id !== undefined && { id }),
    ...(appId !== undefined && { appId }),
    ...(timestamp !== undefined && { timestamp }),
    ...(replyTo !== undefined && { replyTo }),
    ...(correlationId !== undefined && { correlationId }),
  };
  return { delivery: dead ? autopsy(path, delivery, headers) : delivery, deliveries, message };
}

/** Says in our own words what the broker noted when it was the broker that gave the message up. */
function autopsy(path: string, delivery: Delivery, headers: Readonly<Record<string, unknown>>): Delivery {
  if (textOf(headers, HEADERS.reason) !== undefined) {
    return { ...delivery, channel: 'dead', headers: { ...delivery.headers, ...notes(headers) } };
  }
  const queue = textOf(headers, 'x-first-death-queue');
  if (queue === undefined) {
    const reason = `nobody listens to ${delivery.key}`;
    return dying(delivery, { [HEADERS.channel]: delivery.channel, [HEADERS.reason]: reason });
  }
  const exchange = textOf(headers, 'x-first-death-exchange') ?? '';
  const again = exchange === '';
  const key = (again && textOf(headers, HEADERS.key)) || delivery.key;
  return dying(
    { ...delivery, key },
    {
      [HEADERS.channel]:
        channelNamed(again ? textOf(headers, HEADERS.channel) : undefined) ?? channelOf(path, exchange),
      [HEADERS.reason]: `delivered more than ${DELIVERY_LIMIT} times without being settled`,
      [HEADERS.queue]: queue.startsWith(`${path}.`) ? queue.slice(path.length + 1) : queue,
    },
  );
}

function dying(delivery: Delivery, said: Record<string, string>): Delivery {
  return { ...delivery, channel: 'dead', headers: { ...delivery.headers, ...said } };
}

function notes(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return headers[HEADERS.channel] === undefined ? {} : { [HEADERS.channel]: headers[HEADERS.channel] };
}

/** Into the delay queue of `queue`, to come back under its own channel and key. */
export function laterPacket(
  path: string,
  queue: string,
  { delivery, message }: Received,
  delay: RetryDelay,
  attempts: number,
): Packet {
  return {
    exchange: exchangeName(path, 'retry'),
    key: retryKey(delay, queue),
    content: message.content,
    options: {
      ...sameProperties(message),
      mandatory: true,
      headers: { ...delivery.headers, ...origin(delivery), [HEADERS.attempts]: attempts },
    },
  };
}

/** Straight back into the queue, for kinds of queue that do not count by themselves. */
export function againPacket(queueFullName: string, { delivery, deliveries, message }: Received): Packet {
  return {
    exchange: '',
    key: queueFullName,
    content: message.content,
    options: {
      ...sameProperties(message),
      headers: {
        ...delivery.headers,
        ...origin(delivery),
        [HEADERS.attempts]: delivery.attempts,
        [HEADERS.deliveries]: deliveries + 1,
      },
    },
  };
}

export function deadPacket(path: string, queue: string, { delivery, message }: Received, reason: string): Packet {
  return {
    exchange: exchangeName(path, 'dead'),
    key: delivery.key,
    content: message.content,
    options: {
      ...sameProperties(message),
      headers: {
        ...delivery.headers,
        [HEADERS.channel]: delivery.channel,
        [HEADERS.reason]: reason.slice(0, 1000),
        [HEADERS.queue]: queue,
      },
    },
  };
}

function origin({ channel, key }: Delivery): Record<string, string> {
  return { [HEADERS.channel]: channel, [HEADERS.key]: key };
}

function sameProperties({ properties: p }: ConsumeMessage): Options.Publish {
  return {
    contentType: p.contentType,
    contentEncoding: p.contentEncoding,
    persistent: p.deliveryMode === 2,
    messageId: p.messageId,
    appId: p.appId,
    timestamp: p.timestamp,
    type: p.type,
    replyTo: p.replyTo,
    correlationId: p.correlationId,
  };
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

/** The error of a publish that cannot be sent at all. */
export function unsendable(packet: Packet, error: unknown): VsmError {
  return new VsmError('VSM_EVENT', `${packet.key} cannot be encoded: ${reasonOf(error)}`, { cause: error });
}
