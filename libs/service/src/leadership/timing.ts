/** Times of a lease (ms). */
export interface LeaseTiming {
  /** Its life from a renewal on. */
  ttl: number;
  /** From one renewal to the next. */
  renew: number;
  /** How long before its end the holder stops by itself. */
  margin: number;
}

export const TIMING: LeaseTiming = { ttl: 5000, renew: 1500, margin: 1000 };

/** Milliseconds since an arbitrary start, on a clock that nobody sets and that all threads of a process share. */
export const monotonicTime = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

/**
 * An instant (ms, monotonic) that one thread writes and another reads at any time, also while the writer is blocked.
 */
export class SharedInstant {
  readonly buffer: SharedArrayBuffer;
  readonly #cell: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cell = new BigInt64Array(buffer);
  }

  get ms(): number {
    return Number(Atomics.load(this.#cell, 0)) / 1000;
  }

  /** Kept in microseconds, rounded down: an instant read is never later than the one written. */
  set ms(ms: number) {
    Atomics.store(this.#cell, 0, BigInt(Math.floor(ms * 1000)));
  }
}
