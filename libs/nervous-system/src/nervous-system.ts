import type { Channel, DurableQueue, Party, RetryDelay } from '@vsmcp/vsm';
import type { Delivery, Outgoing } from './message.js';
import type { Signer } from './signing/signer.js';

/**
 * The handler's result for a delivery. `done` is acknowledged. `later` comes back after the delay (a confirmed publish
 * to the delay queue, then the acknowledgement); `counted: false` does not raise `attempts`; `headers` are set over the
 * message's own (trace context: what comes back goes on from here). `dead` goes to `<path>.dead` with the reason. `keep`,
 * of ordered queues only: it stays in its place in the queue, for whoever consumes it after this consumer has stopped.
 */
export type DeliveryResult =
  | { result: 'done' }
  | { result: 'later'; delay: RetryDelay; counted: boolean; headers?: Readonly<Record<string, string>> }
  | { result: 'dead'; reason: string }
  | { result: 'keep' };

export const DONE: DeliveryResult = { result: 'done' };
export const KEEP: DeliveryResult = { result: 'keep' };

export type Handler = (delivery: Delivery) => Promise<DeliveryResult>;

export interface Subscription {
  /**
   * A durable queue by name (behind the path), or `own`: a queue of this instance alone, which goes with it, keeps at
   * most 10,000 messages and drops the oldest.
   */
  queue: { name: string; durable: DurableQueue } | { own: true; channel: Channel; bind: readonly string[] };
  /** Deliveries handled at the same time. */
  prefetch: number;
}

export interface Consumer {
  /** Stops taking; resolves when every handler in flight has ended and its delivery is settled. */
  stop(): Promise<void>;
}

export type Health = { ok: true } | { ok: false; reason: string };

/** All counts are messages of this instance. `inFlight` and `unconfirmed` are now, the rest is since the start. */
export interface BusStats {
  published: number;
  /** Safe at the broker. */
  confirmed: number;
  /** Sent again after a reconnection. */
  resent: number;
  /** Not taken by any queue, or refused by the broker. */
  rejected: number;
  delivered: number;
  redelivered: number;
  /** Handlers that threw. */
  failed: number;
  /** Came back later, counted or not. */
  later: number;
  dead: number;
  reconnected: number;
  inFlight: number;
  unconfirmed: number;
}

/** Log of a transport; the service's log fits. */
export interface BusLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A member of a fleet: the fleet's path, the system, and the instance, which is one word of a routing key. */
export interface Member {
  path: string;
  party: Party;
  instance: string;
  log: BusLog;
  /**
   * Signs what is said inside and refuses what no member has signed; absent: nothing is signed, and everything is
   * heard.
   */
  signer?: Signer | undefined;
}

/**
 * The transport of messages. Two transports, one contract: `test/conformance.ts` holds both to it.
 * - publish resolves once the message is safe (broker confirm; in memory: enqueued). While the broker is away it is
 *   kept, up to a bound, and sent again after reconnection; past the bound it rejects with VSM_BROKER. A publish that
 *   the channel table does not allow rejects with VSM_CHANNEL.
 * - a handler that throws has its delivery requeued at once; after 20 deliveries the message goes to `<path>.dead`.
 * - consumers consume again after every reconnection.
 * - an ordered queue has one active consumer at a time, whichever instance it is of, and hands messages out in their
 *   order; one that its consumer did not settle is handed to the next consumer before all that came later.
 * - with a signer, what no member has signed never reaches a handler: it goes to `<path>.dead` with that reason
 *   (`signing/signature-check.ts`).
 */
export interface NervousSystem {
  readonly transport: 'memory' | 'amqp';
  publish(message: Outgoing): Promise<void>;
  publishBatch(messages: readonly Outgoing[]): Promise<void>;
  subscribe(subscription: Subscription, handler: Handler): Promise<Consumer>;
  /**
   * Publishes on `vsm.query` and waits for the answer. Rejects with VSM_TIMEOUT, or VSM_NOT_FOUND when nobody listens.
   */
  request(message: Omit<Outgoing, 'channel' | 'replyTo' | 'correlationId'>, timeout: number): Promise<Delivery>;
  /** Answers a delivery that has `replyTo`. */
  respond(to: Delivery, answer: Pick<Outgoing, 'content' | 'contentType' | 'headers'>): Promise<void>;
  /** Messages ready in a durable queue, or undefined where it does not exist. */
  depth(queue: string): Promise<number | undefined>;
  health(): Health;
  /** Counts since the start, and what is under way now. */
  stats(): Readonly<BusStats>;
  /** Stops all consumers, waits for what is in flight, flushes what is unconfirmed (at most `ms`). */
  drain(ms: number): Promise<void>;
  close(): Promise<void>;
}
