import { channel as diagnostics } from 'node:diagnostics_channel';
import type { Channel } from '@vsmcp/vsm';

/** Refusal of a message that never reached its handler. */
export const NOT_SIGNED = 'not signed by a member';

/** The diagnostics channel on which each refusal is said, for whoever counts them and whom they hurt. */
export const REFUSALS = 'vsmcp:refusal';

export interface Refusal {
  /** Member that refused it. */
  path: string;
  instance: string;
  /** Channel that it came over, and its queue behind the path. */
  channel: Channel;
  queue: string;
  key: string;
  id?: string;
  bytes: number;
  /** Of the content, hexadecimal. */
  sha256: string;
  /** `wrong`: it had a signature that does not fit; `none`: it had none. */
  signature: 'none' | 'wrong';
}

export function isRefusal(message: unknown): message is Refusal {
  return typeof message === 'object' && message !== null && 'sha256' in message && 'signature' in message;
}

const refusals = diagnostics(REFUSALS);

export function sayRefusal(refusal: Refusal): void {
  refusals.publish(refusal);
}
