/** Time, identity and chance are passed in, so that what decides can be tested and replayed. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `task` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, task: () => void): () => void;
  /** Runs `task` every `ms` milliseconds; the returned function stops it. */
  every(ms: number, task: () => void): () => void;
}

/** Returns a new unique id (a UUID in production, a counter in tests). */
export type Ids = () => string;

/** Returns a number in [0, 1). */
export type Random = () => number;
