import type { Claimed } from './lease.js';

/** The renewing thread's start data. */
export interface ThreadStart {
  url: string;
  /** A quoted name; `public` where it is absent. */
  schema?: string;
  /** ms from one renewal to the next. */
  every: number;
  /** Instant (ms, monotonic) at which the deciding thread last ran. */
  alive: SharedArrayBuffer;
  /** ms for which leases are asked longer. */
  delay: SharedArrayBuffer;
}

/** From the deciding thread to the renewing one. */
export type ToThread =
  | { do: 'hold'; id: number; lease: Claimed & { margin: number }; until: SharedArrayBuffer }
  | { do: 'drop'; id: number }
  | { do: 'confirm'; question: number }
  | { do: 'close' };

/** From the renewing thread to the deciding one. */
export type FromThread =
  /** It renews from now on. */
  | { say: 'ready' }
  | { say: 'taken'; id: number }
  | { say: 'confirmed'; question: number; failed?: string }
  | { say: 'broken'; reason: string };
