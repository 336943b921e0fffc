/**
 * One active instance per system, decided by a lease row with an epoch in the database. Callbacks run one after
 * another: `lead` starts what only the leader does and returns how to end it; it is ended when the lease is lost.
 */
export interface Leadership {
  /**
   * True while the database has confirmed the lease to this instance. It is judged at each look by a clock that nobody
   * sets, so that a process that was stopped for a while does not take itself for the leader when it goes on.
   */
  readonly leading: boolean;
  /** The epoch of the lease held, or last seen. */
  readonly epoch: number;
  stop(): Promise<void>;
}

/** How to end what a leader does. */
export type End = () => Promise<void>;

/**
 * A leader's act that may wait for a moment. Where the lease could not be confirmed in time, nothing is done under it
 * from `pause` on; `resume` follows when the same lease is confirmed and nobody had it in between, else `end`.
 */
export interface Led {
  pause(): Promise<void>;
  resume(): Promise<void>;
  end: End;
}

export type Lead = (epoch: number) => Promise<End | Led>;

export interface Leaderships {
  /** @param name the lease that is campaigned for: `s3`, `server:memory` */
  campaign(name: string, lead: Lead): Leadership;
  /** The instance that leads, as the database has it now; undefined when nobody does. */
  leader(name: string): Promise<string | undefined>;
}

/** Causes of a lost lease: another has it, or it could not be confirmed in time. */
export type LossCause = 'taken' | 'late';
