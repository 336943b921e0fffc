import type { Database } from '../database/database.js';
import { type Claimed, type Now, renew } from './lease.js';

/** Written where the lease is another's: an instant that is always past. */
export const TAKEN = -1;

/** A lease that is renewed. */
export interface Renewed extends Claimed {
  /** ms before its end at which the holder stops by itself. */
  margin: number;
  /** Told until when (ms, monotonic) the holder may act; `TAKEN` when another has the lease. */
  confirmed(until: number): void;
}

export interface RenewalOptions {
  monotonic: () => number;
  now?: Now | undefined;
  /** ms for which leases are asked longer, because who holds them is as slow to stop. */
  delay: () => number;
}

/** Renews all leases of a process together, on whichever thread it is made. */
export class Renewal {
  readonly #database: Pick<Database, 'query'>;
  readonly #options: RenewalOptions;
  readonly #leases = new Map<number, Renewed>();
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(database: Pick<Database, 'query'>, options: RenewalOptions) {
    this.#database = database;
    this.#options = options;
  }

  add(id: number, lease: Renewed): void {
    this.#leases.set(id, lease);
  }

  drop(id: number): void {
    this.#leases.delete(id);
  }

  /** One statement that begins after this call, shared by all who ask before it begins. @throws VSM_DATABASE */
  run(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    const next = this.#last.then(() => {
      this.#next = undefined;
      return this.#renew();
    });
    this.#next = next;
    this.#last = next.catch(() => undefined); // told to who asked
    return next;
  }

  async #renew(): Promise<void> {
    const all = [...this.#leases];
    if (all.length === 0) return;
    const { monotonic, now, delay } = this.#options;
    // Counted from before it is sent: the database counts from a later instant.
    const sent = monotonic();
    const longer = delay();
    const leases = all.map(([, lease]) => ({ ...lease, ttl: lease.ttl + longer }));
    const kept = await renew(this.#database, leases, now);
    all.forEach(([id, lease], n) => {
      if (this.#leases.get(id) !== lease) return; // dropped meanwhile
      if (!kept.has(n)) this.#leases.delete(id);
      lease.confirmed(kept.has(n) ? sent + lease.ttl - lease.margin : TAKEN);
    });
  }
}
