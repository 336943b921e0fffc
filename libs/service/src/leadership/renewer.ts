import type { Clock } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import { LoopDelay } from './delay.js';
import type { Claimed, Now } from './lease.js';
import { Renewal } from './renewal.js';

/** A lease that is kept alive for its holder. */
export interface HeldLease {
  /** Until when (ms, monotonic) its holder may act; `TAKEN` when another has it. */
  readonly until: number;
  /** Asks the database now. Rejects where it does not answer; `until` says what it said. */
  confirm(): Promise<void>;
  /** It is renewed no more. */
  drop(): void;
}

/** Keeps the leases of this process alive, all in one statement. */
export interface Renewer {
  /**
   * @param until ms, monotonic: until when the holder may act by what it knows of its acquisition
   * @param taken told when another has the lease
   */
  hold(lease: Claimed & { margin: number }, until: number, taken: () => void): HeldLease;
  close(): Promise<void>;
}

export interface RenewHereOptions {
  clock: Clock;
  monotonic: () => number;
  now?: Now | undefined;
  /** ms from one renewal to the next. */
  every: number;
}

/**
 * Renews on the thread that decides: where that thread is the database too (an embedded one), or where time is given. A
 * thread that was blocked renews late, which does no harm as long as nobody took the lease: a lease stays its holder's
 * until then.
 */
export function renewHere(database: Database, { clock, monotonic, now, every }: RenewHereOptions): Renewer {
  const loop = now === undefined ? new LoopDelay(monotonic()) : undefined;
  const delay = () => loop?.read(monotonic()) ?? 0;
  const renewal = new Renewal(database, { monotonic, now, delay });
  let ids = 0;
  // Where the database does not answer, the holder notices it at the lease's end.
  const stop = clock.every(every, () => void renewal.run().catch(() => undefined));
  return {
    hold(lease, until, taken) {
      const id = ++ids;
      const held = { until };
      const confirmed = (at: number) => {
        held.until = at;
        if (at < 0) taken();
      };
      renewal.add(id, { ...lease, confirmed });
      return {
        get until() {
          return held.until;
        },
        confirm: () => renewal.run(),
        drop: () => renewal.drop(id),
      };
    },
    async close() {
      stop();
      loop?.close();
    },
  };
}
