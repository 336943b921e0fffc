import type { z } from 'zod';
import type { Channel } from '../channels.js';
import type { CloudEvent } from '../event.js';
import type { System } from '../systems.js';

/** One kind of message inside the fleet. Its type reads `vsm.<from>.<kind>.v<version>`. */
export interface MessageKind<S extends z.ZodType = z.ZodType> {
  readonly type: string;
  /** The system that may send it; `any` for what every service says alike. */
  readonly from: System | 'any';
  readonly kind: string;
  readonly channel: Channel;
  readonly data: S;
}

export function defineMessage<S extends z.ZodType>(
  from: System | 'any',
  kind: string,
  channel: Channel,
  data: S,
): MessageKind<S> {
  return { type: `vsm.${from}.${kind}.v1`, from, kind, channel, data };
}

export type DataOf<K> = K extends MessageKind<infer S> ? z.output<S> : never;

/** A message of a known kind, checked. */
export type Message<K extends MessageKind> = CloudEvent & { data: DataOf<K> };
