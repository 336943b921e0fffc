import { channel as diagnostics } from 'node:diagnostics_channel';
import type { Channel } from '@vsmcp/vsm';

/** Why a message never reached its handler. */
export const NOT_SIGNED = 'not signed by a member';

/** The diagnostics channel on which each refusal is said, for whoever counts them and whom they hurt. */
export const REFUSALS = 'vsmcp:refusal';

export interface Refusal {
  /** Who refused it. */
  path: string;
  instance: string;
  /** Where it came over, and its queue behind the path. */
  channel: Channel;
  queue: string;
  key: string;
  id?: string;
  bytes: number;
  /** Of the content, hexadecimal. */
  sha256: string;
  /** Whether it had a signature that does not fit, or none. */
  signature: 'none' | 'wrong';
}

export function isRefusal(message: unknown): message is Refusal {
  return typeof message === 'object' && message !== null && 'sha256' in message && 'signature' in message;
}

const refusals = diagnostics(REFUSALS);

export function sayRefusal(refusal: Refusal): void {
  refusals.publish(refusal);
}
