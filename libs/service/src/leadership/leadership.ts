/**
 * One active instance per system, decided by a lease row with an epoch in the database. Callbacks run one after another:
 * `lead` starts what only the leader does and returns how to stop it; it is stopped when the lease is lost, before another
 * instance can hold it.
 */
export interface Leadership {
  readonly leading: boolean;
  /** The epoch of the lease held, or last seen. */
  readonly epoch: number;
  stop(): Promise<void>;
}

export interface Leaderships {
  /** @param name what is led: `s3`, `server:memory` */
  campaign(name: string, lead: (epoch: number) => Promise<() => Promise<void>>): Leadership;
  /** The instance that leads, as the database has it now; undefined when nobody does. */
  leader(name: string): Promise<string | undefined>;
}
