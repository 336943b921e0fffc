import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type Channel, exchangeName, VsmError } from '@vsmcp/vsm';
import { HEADERS, textOf } from '../headers.js';
import type { Outgoing } from '../message.js';

/** The parts of a message that a signature covers: all that decides who gets it and what it does. A delivery is one. */
export interface Signable {
  key: string;
  content: Uint8Array;
  contentType: string;
  contentEncoding?: string;
  id?: string;
  appId?: string;
  replyTo?: string;
  correlationId?: string;
  attempts: number;
  headers: Readonly<Record<string, unknown>>;
}

/** Signs as a member of the fleet, and knows what members have signed. */
export interface Signer {
  /** @returns the header: `v1=` and 64 hexadecimal digits */
  sign(path: string, channel: Channel, message: Signable): string;
  /** True when one of the secrets made the signature in the message's headers, for this channel of this fleet. */
  verify(path: string, channel: Channel, message: Signable): boolean;
}

const SIGNATURE = /^v1=([0-9a-f]{64})$/;

/**
 * A signature is HMAC-SHA256 (RFC 2104) over `canonical`.
 * @param secrets the first signs, all verify, so that a secret can be changed while the fleet runs. Throws VSM_CONFIG
 * for none
 */
export function openSigner(secrets: readonly string[]): Signer {
  const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'));
  const [first] = keys;
  if (!first) throw new VsmError('VSM_CONFIG', 'no secret to sign with: give at least one');
  return {
    sign: (path, channel, message) =>
      `v1=${digest(first, canonical(path, channel, message), message.content).toString('hex')}`,
    verify(path, channel, message) {
      const given = SIGNATURE.exec(textOf(message.headers, HEADERS.signature) ?? '')?.[1];
      if (given === undefined) return false;
      const signature = Buffer.from(given, 'hex');
      const said = canonical(path, channel, message);
      return keys.some((key) => timingSafeEqual(digest(key, said, message.content), signature));
    },
  };
}

function digest(key: KeyObject, said: string, content: Uint8Array): Buffer {
  return createHmac('sha256', key).update(said, 'utf8').update(content).digest();
}

/**
 * The text that is signed before the content itself: thirteen netstrings (length in bytes, colon, UTF-8, comma), so
 * that nothing can be moved from one into the next; what is absent is empty. In this order: `v1`, exchange, routing
 * key, message id, content type, content encoding, app id, reply-to, correlation id, attempts; and of the dead where
 * they died (channel, queue) and why.
 */
function canonical(path: string, channel: Channel, message: Signable): string {
  const { key, id, contentType, contentEncoding, appId, replyTo, correlationId, attempts, headers } = message;
  const died = channel === 'dead' ? headers : {};
  return [
    'v1',
    exchangeName(path, channel),
    key,
    id,
    contentType,
    contentEncoding,
    appId,
    replyTo,
    correlationId,
    String(attempts),
    textOf(died, HEADERS.channel),
    textOf(died, HEADERS.queue),
    textOf(died, HEADERS.reason),
  ]
    .map((field = '') => `${Buffer.byteLength(field)}:${field},`)
    .join('');
}

/**
 * A member's message with its signature; the environment is open to anyone, and a signature there would say nothing.
 */
export function signOutgoing(signer: Signer | undefined, path: string, appId: string, message: Outgoing): Outgoing {
  const { channel, headers = {} } = message;
  if (!signer || channel === 'environment') return message;
  const signature = signer.sign(path, channel, { ...message, appId, attempts: 0, headers });
  return { ...message, headers: { ...headers, [HEADERS.signature]: signature } };
}

/** The headers of a message that dies, with the signature of the member that buries it. */
export function signDead(signer: Signer | undefined, path: string, message: Signable): Record<string, unknown> {
  if (!signer) return { ...message.headers };
  return { ...message.headers, [HEADERS.signature]: signer.sign(path, 'dead', { ...message, attempts: 0 }) };
}
