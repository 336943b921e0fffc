import type { Channel } from '@vsmcp/vsm';

/** A message that goes out on a channel. The content is the CloudEvent's JSON unless another content type says so. */
export interface Outgoing {
  channel: Channel;
  key: string;
  content: Uint8Array;
  contentType: string;
  /** The event's id, for `message_id`. */
  id?: string;
  headers?: Record<string, string | number | boolean>;
  /** Persistent unless said otherwise. */
  transient?: true;
  /** Reject with VSM_NOT_FOUND when no queue takes it, where a channel without listeners would let it go. */
  mandatory?: true;
  /** Address of an answer, and the question that it belongs to. */
  replyTo?: string;
  correlationId?: string;
}

/** A message that came in. */
export interface Delivery {
  channel: Channel;
  key: string;
  content: Uint8Array;
  contentType: string;
  /** AMQP `content_encoding`, where the publisher set one. */
  contentEncoding?: string;
  /** AMQP `message_id`, `app_id`, `timestamp` (ms), as the publisher set them. */
  id?: string;
  appId?: string;
  timestamp?: number;
  headers: Record<string, unknown>;
  /** The broker has handed it out before: its first handler may have acted on it. */
  redelivered: boolean;
  /** Times that it came back through `vsm.retry`, counted retries only. */
  attempts: number;
  replyTo?: string;
  correlationId?: string;
}
