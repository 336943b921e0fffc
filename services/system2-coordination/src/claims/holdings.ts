import type { ClaimedResource } from '@vsmcp/vsm';
import { most } from './answers.js';

/** The holders of one resource: their number, and how many of them allow how many. */
interface Held {
  holders: number;
  said: Map<number, number>;
}

/**
 * How resources are held together. One rule for exclusive, shared and counted claims: the holders of a resource are
 * never more than any of them allows.
 */
export class Holdings {
  readonly #held = new Map<string, Held>();

  /** One more may hold the resource. */
  fits({ resource, of }: ClaimedResource): boolean {
    const held = this.#held.get(resource);
    if (!held) return true;
    return held.holders + 1 <= Math.min(most(of), ...held.said.keys());
  }

  take(resources: readonly ClaimedResource[]): void {
    for (const { resource, of } of resources) {
      const held = this.#held.get(resource) ?? { holders: 0, said: new Map() };
      held.holders += 1;
      held.said.set(most(of), (held.said.get(most(of)) ?? 0) + 1);
      this.#held.set(resource, held);
    }
  }

  give(resources: readonly ClaimedResource[]): void {
    for (const { resource, of } of resources) {
      const held = this.#held.get(resource);
      if (!held) continue;
      held.holders -= 1;
      const left = (held.said.get(most(of)) ?? 1) - 1;
      if (left > 0) held.said.set(most(of), left);
      else held.said.delete(most(of));
      if (held.holders === 0) this.#held.delete(resource);
    }
  }
}
