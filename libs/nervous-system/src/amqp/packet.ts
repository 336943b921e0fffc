import { backKey, type Channel, exchangeName, type RetryDelay, reasonOf, retryKey, VsmError } from '@vsmcp/vsm';
import type { ConsumeMessage, Options } from 'amqplib';
import { HEADERS } from '../headers.js';
import type { Delivery, Outgoing } from '../message.js';
import { type Signer, signDead } from '../signing/signer.js';
import type { Received } from './receive.js';

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

/** Into the delay queue of `queue`, to come back under its own channel and key. */
export function laterPacket(
  path: string,
  queue: string,
  { delivery, message }: Received,
  delay: RetryDelay,
  attempts: number,
  headers: Readonly<Record<string, string>> = {},
): Packet {
  return {
    exchange: exchangeName(path, 'retry'),
    key: retryKey(delay, queue),
    content: message.content,
    options: {
      ...sameProperties(message),
      mandatory: true,
      headers: { ...delivery.headers, ...headers, ...origin(delivery), [HEADERS.attempts]: attempts },
    },
  };
}

/** Straight back into the queue, for kinds of queue that do not count by themselves. */
export function againPacket(path: string, queueFullName: string, { delivery, deliveries, message }: Received): Packet {
  return {
    exchange: exchangeName(path, 'retry'),
    key: backKey(queueFullName.slice(path.length + 1)),
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

/** Burier of a message: the queue behind the path that it died in, that queue's channel, and the member's signer. */
export interface Burier {
  path: string;
  channel: Channel;
  queue: string;
  signer?: Signer | undefined;
}

export function deadPacket(burier: Burier, { delivery, message }: Received, reason: string): Packet {
  const { path, channel, queue, signer } = burier;
  const headers = {
    ...delivery.headers,
    // Not what the message says of itself when it comes over the retry channel: that may be made up.
    [HEADERS.channel]: channel,
    [HEADERS.reason]: reason.slice(0, 1000),
    [HEADERS.queue]: queue,
  };
  return {
    exchange: exchangeName(path, 'dead'),
    key: delivery.key,
    content: message.content,
    options: { ...sameProperties(message), headers: signDead(signer, path, { ...delivery, headers }) },
  };
}

/** The same without what the publisher put into its headers, which are too large or too strange to be sent on. */
export function bareDeadPacket(burier: Burier, received: Received, reason: string): Packet {
  const bare = { ...received, delivery: { ...received.delivery, headers: {} } };
  return deadPacket(burier, bare, reason);
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

/** The error of a publish that cannot be sent at all. */
export function unsendable(packet: Packet, error: unknown): VsmError {
  return new VsmError('VSM_EVENT', `${packet.key} cannot be encoded: ${reasonOf(error)}`, { cause: error });
}
