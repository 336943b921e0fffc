import type { CapabilityState, DataOf } from '@vsmcp/vsm';

/** A replica that said nothing for this long (ms; three heartbeats) does not count. */
const LIVING = 6000;

/** What living replicas of System 1 said of each server: one replica's trouble is not the fleet's while another serves. */
export class Replicas {
  readonly #seen = new Map<string, number>();
  readonly #ready = new Map<string, Set<string>>();

  /** A sign of life. */
  seen(instance: string, now: number): void {
    this.#seen.set(instance, now);
    for (const [other, at] of this.#seen) if (now - at > LIVING) this.#gone(other);
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
