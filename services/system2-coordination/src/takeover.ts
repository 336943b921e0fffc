import type { Journal } from '@vsmcp/service';
import { Loop } from '@vsmcp/vsm';
import { z } from 'zod';
import type { Lease } from './answers.js';
import { LONGEST } from './leases.js';
import type { Found } from './loops.js';

/** The lease time (ms) that is waited for after a crash, unless a longer one was journalled: a call's usual deadline. */
const USUAL = 30_000;

/**
 * What a leader leaves to the next one. Leases are not journalled one by one; so a new leader grants nothing until those of
 * the last have lapsed: until the latest of them when it left in order, else for the longest time one could last.
 */
export class Takeover {
  readonly #journal: Journal;
  readonly #epoch: number;
  #longest = USUAL;

  constructor(journal: Journal, epoch: number) {
    this.#journal = journal;
    this.#epoch = epoch;
  }

  /** ms since the epoch before which nothing may be granted. */
  async notBefore(now: number): Promise<number> {
    const [longest] = await this.#journal.read({ system: 's2', type: 'leases.longest', limit: 1 });
    if (longest) this.#longest = z.object({ ttl: z.number() }).parse(longest.data).ttl;
    if (this.#epoch <= 1) return now;
    const [left] = await this.#journal.read({ system: 's2', type: 'leases.left', limit: 1 });
    if (left?.epoch === this.#epoch - 1) return z.object({ until: z.number() }).parse(left.data).until;
    return now + this.#longest;
  }

  /** Loops that were being damped. */
  async loops(): Promise<Found[]> {
    const last = new Map<string, Found>();
    for await (const entry of this.#journal.replay('s2')) {
      const loop = entry.type.startsWith('loop.') ? Loop.data.safeParse(entry.data) : undefined;
      if (loop?.success) last.set(loop.data.resource, loop.data);
    }
    return [...last.values()].filter((loop) => loop.state !== 'settled');
  }

  /** Before a lease longer than any before is granted, the next leader must know. */
  async longest(ttl: number): Promise<void> {
    const given = Math.min(ttl, LONGEST);
    if (given <= this.#longest) return;
    const data = { ttl: given };
    await this.#journal.append({ system: 's2', epoch: this.#epoch, type: 'leases.longest', data });
    this.#longest = given;
  }

  /** Leaves in order: nothing is granted any more. */
  async leave(leases: readonly Lease[]): Promise<void> {
    const data = { until: Math.max(0, ...leases.map((lease) => lease.until)) };
    await this.#journal.append({ system: 's2', epoch: this.#epoch, type: 'leases.left', data });
  }
}
