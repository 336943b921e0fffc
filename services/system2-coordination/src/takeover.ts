import type { Journal } from '@vsmcp/service';
import { ClaimedResource, Loop } from '@vsmcp/vsm';
import { z } from 'zod';
import type { Lease } from './claims/answers.js';
import { LONGEST } from './claims/leases.js';
import type { Found } from './loops/loops.js';

/** The lease time (ms) that is waited for after a crash, unless a longer one was journalled: a call's usual deadline. */
const USUAL = 30_000;

/** Leases that are handed over one by one; with more, the next leader waits until all have lapsed. */
const MOST_HANDED = 1000;

const Left = z.object({
  until: z.number(),
  leases: z.array(
    z.object({
      ...{ claim: z.string(), unit: z.string(), instance: z.string(), resources: z.array(ClaimedResource) },
      ...{ token: z.number(), until: z.number() },
    }),
  ),
});

/** `held` stands still; nothing else is granted before `notBefore`, ms since the epoch. */
export interface Inheritance {
  held: readonly Lease[];
  notBefore: number;
}

/**
 * What a leader leaves to the next one. Leases are not journalled as they are given: a leader that goes in order hands them
 * over; after one that did not, nothing is granted for the longest time that a lease could last.
 */
export class Takeover {
  readonly #journal: Journal;
  readonly #epoch: number;
  #longest = USUAL;

  constructor(journal: Journal, epoch: number) {
    this.#journal = journal;
    this.#epoch = epoch;
  }

  async inherit(now: number): Promise<Inheritance> {
    const [longest] = await this.#journal.read({ system: 's2', type: 'leases.longest', limit: 1 });
    if (longest) this.#longest = z.object({ ttl: z.number() }).parse(longest.data).ttl;
    if (this.#epoch <= 1) return { held: [], notBefore: now };
    const [entry] = await this.#journal.read({ system: 's2', type: 'leases.left', limit: 1 });
    const left = entry?.epoch === this.#epoch - 1 ? Left.safeParse(entry.data) : undefined;
    if (!left?.success) return { held: [], notBefore: now + this.#longest };
    const { until, leases } = left.data;
    return { held: leases.filter((lease) => lease.until > now), notBefore: until };
  }

  /** Loops that were being damped. @param kind as it was journalled */
  async loops(kind: 'loop' | 'churn' = 'loop'): Promise<Found[]> {
    const last = new Map<string, Found>();
    for await (const entry of this.#journal.replay('s2')) {
      const loop = entry.type.startsWith(`${kind}.`) ? Loop.data.safeParse(entry.data) : undefined;
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

  /**
   * Leaves in order: nothing is granted any more.
   * @param notBefore until when this one itself had to wait for leases that it does not know
   */
  async leave(leases: readonly Lease[], notBefore: number): Promise<void> {
    const few = leases.length <= MOST_HANDED;
    const until = Math.max(notBefore, ...(few ? [] : leases.map((lease) => lease.until)));
    const data: z.infer<typeof Left> = { until, leases: few ? leases.map(copy) : [] };
    await this.#journal.append({ system: 's2', epoch: this.#epoch, type: 'leases.left', data });
  }
}

const copy = (lease: Lease) => ({ ...lease, resources: [...lease.resources] });
