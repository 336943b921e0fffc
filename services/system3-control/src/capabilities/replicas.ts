import { type CapabilityState, type DataOf, livingFor } from '@vsmcp/vsm';

/**
 * The word of living replicas of System 1 on each server: one replica's trouble is not the fleet's while another
 * serves.
 */
export class Replicas {
  readonly #seen = new Map<string, { at: number; living: number }>();
  readonly #ready = new Map<string, Set<string>>();

  /** A sign of life. @param every ms until its next heartbeat, where this is one that says so */
  seen(instance: string, now: number, every?: number): void {
    const living = every === undefined ? this.#seen.get(instance)?.living : livingFor(every);
    this.#seen.set(instance, { at: now, living: living ?? livingFor() });
    for (const [other, { at, living: longest }] of this.#seen) if (now - at > longest) this.#gone(other);
  }

  says({ instance, server, state }: DataOf<typeof CapabilityState>, now: number): void {
    this.seen(instance, now);
    const ready = this.#ready.get(server) ?? new Set();
    if (state === 'ready') ready.add(instance);
    else ready.delete(instance);
    this.#ready.set(server, ready);
  }

  readyElsewhere(server: string, instance: string): boolean {
    return [...(this.#ready.get(server) ?? [])].some((other) => other !== instance);
  }

  #gone(instance: string): void {
    this.#seen.delete(instance);
    for (const ready of this.#ready.values()) ready.delete(instance);
  }
}
