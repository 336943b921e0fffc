import { createHash } from 'node:crypto';
import { CHANNEL_NAMES, type Channel } from '@vsmcp/vsm';
import { HEADERS, textOf } from '../headers.js';
import type { Delivery } from '../message.js';
import { NOT_SIGNED, type Refusal } from './refusal.js';
import type { Signer } from './signer.js';

/**
 * The way of a delivery: as it was published, back over the retry channel, or moved to the dead by the broker itself.
 */
export type Way = 'straight' | 'again' | 'moved';

export interface SignatureCheckOptions {
  signer: Signer;
  path: string;
  instance: string;
  /** The subscription's channel, and its queue behind the path. */
  channel: Channel;
  queue: string;
}

/** A delivery as its handler may see it; or the reason why none may. */
export type Inspected = { delivery: Delivery; refusal?: Refusal } | { delivery?: undefined; refusal: Refusal };

/**
 * Lets through to one subscription's handler what members have signed. The environment is open; but what comes to it
 * over the retry channel, which is inside, has the signature of the member that put it off. The dead are let through
 * whoever buried them, since there is nowhere further to go and nothing is done with them; what no member buried or
 * said gets that as its reason.
 */
export class SignatureCheck {
  readonly #around: SignatureCheckOptions;

  constructor(around: SignatureCheckOptions) {
    this.#around = around;
  }

  inspect(delivery: Delivery, way: Way): Inspected {
    const { signer, path, channel } = this.#around;
    const { [HEADERS.signature]: signature, ...headers } = delivery.headers;
    const plain = { ...delivery, headers };
    const as = this.#signedFor(delivery, way);
    if (as === undefined || signer.verify(path, as, delivery)) return { delivery: plain };
    const refusal = this.#refusal(delivery, as, signature === undefined ? 'none' : 'wrong');
    if (channel !== 'dead') return { refusal };
    return { delivery: { ...plain, headers: { ...headers, [HEADERS.reason]: NOT_SIGNED } }, refusal };
  }

  /** The headers with which it comes back later: signed anew, because its attempts are counted. */
  onward(delivery: Delivery, attempts: number): Record<string, string> {
    const { signer, path, channel } = this.#around;
    return { [HEADERS.signature]: signer.sign(path, channel, { ...delivery, attempts }) };
  }

  /** The channel for which its signature must hold; undefined: it needs none. */
  #signedFor(delivery: Delivery, way: Way): Channel | undefined {
    const { channel } = this.#around;
    if (channel === 'environment') return way === 'again' ? channel : undefined;
    if (channel !== 'dead' || way !== 'moved') return channel;
    // The broker signs nothing: what it moved has the signature with which it was said.
    const said = textOf(delivery.headers, HEADERS.channel);
    return said === 'environment' ? undefined : (CHANNEL_NAMES.find((name) => name === said) ?? channel);
  }

  #refusal({ key, id, content }: Delivery, channel: Channel, signature: Refusal['signature']): Refusal {
    const { path, instance, queue } = this.#around;
    return {
      path,
      instance,
      channel,
      queue,
      key,
      signature,
      ...(id !== undefined && { id }),
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    };
  }
}
