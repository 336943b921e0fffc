import type { Journal } from '@vsmcp/service';
import { ClaimedResource, type JournalEntry, Loop } from '@vsmcp/vsm';
import { z } from 'zod';
import type { Lease } from './claims/answers.js';
import { LONGEST } from './claims/leases.js';
import type { Found } from './loops/loops.js';

/**
 * The lease time (ms) that is waited for after a crash, unless a longer one was journalled: a call's usual deadline.
 */
const USUAL = 30_000;

/** Leases that are handed over one by one; with more, the next leader waits until all have lapsed. */
const MOST_HANDED = 1000;

const Longest = z.object({ ttl: z.number() });

const Left = z.object({
  until: z.number(),
  leases: z.array(
    z.object({
      claim: z.string(),
      unit: z.string(),
      instance: z.string(),
      resources: z.array(ClaimedResource),
      token: z.number(),
      until: z.number(),
    }),
  ),
});

/** `held` is handed over as it is; nothing else is granted before `notBefore`, ms since the epoch. */
export interface Inheritance {
  held: readonly Lease[];
  notBefore: number;
}

/**
 * The estate that a leader leaves to the next one. Leases are not journalled as they are given: a leader that goes in
 * order hands them over; after one that did not, nothing is granted for the longest time that a lease could last. Loops
 * are on record as they are found and settled.
 */
export class Takeover {
  readonly #journal: Pick<Journal, 'append'>;
  readonly #epoch: number;
  #longest = USUAL;
  #left: JournalEntry | undefined;
  readonly #loops = new Map<string, Found>();
  readonly #churn = new Map<string, Found>();

  constructor(journal: Pick<Journal, 'append'>, epoch: number) {
    this.#journal = journal;
    this.#epoch = epoch;
  }

  /** @param entry of System 2's journal, in order */
  restore(entry: JournalEntry): void {
    if (entry.type === 'leases.longest') this.#longest = Longest.parse(entry.data).ttl;
    if (entry.type === 'leases.left') this.#left = entry;
    const known = entry.type.startsWith('loop.') ? this.#loops : this.#churn;
    const loop = /^(loop|churn)\./.test(entry.type) ? Loop.data.safeParse(entry.data) : undefined;
    if (loop?.success) known.set(loop.data.resource, loop.data);
  }

  /** The leases that another leader gave, once the journal was replayed. */
  leases(now: number): Inheritance {
    if (this.#epoch <= 1) return { held: [], notBefore: now };
    const left = this.#left?.epoch === this.#epoch - 1 ? Left.safeParse(this.#left.data) : undefined;
    if (!left?.success) return { held: [], notBefore: now + this.#longest };
    const { until, leases } = left.data;
    return { held: leases.filter((lease) => lease.until > now), notBefore: until };
  }

  /** Units that were being held back because they undo each other. */
  get loops(): Found[] {
    return [...this.#loops.values()].filter(isOpen);
  }

  /** Servers that came and went and came again. */
  get churn(): Found[] {
    return [...this.#churn.values()].filter(isOpen);
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

const isOpen = (loop: Found): boolean => loop.state !== 'settled';

const copy = (lease: Lease) => ({ ...lease, resources: [...lease.resources] });
