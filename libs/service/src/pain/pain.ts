import type { Algedonic, DataOf } from '@vsmcp/vsm';

export type Signal = DataOf<typeof Algedonic>;

/**
 * Where pain goes when the broker cannot take it: rows that System 5 looks for each second. A signal that came both
 * ways is the same alert twice, which System 5 knows.
 */
export interface PainRows {
  put(id: string, signal: Signal): Promise<void>;
  /** Handles the signals that wait, the oldest first; one is removed when `handle` has returned. */
  drain(handle: (id: string, signal: Signal) => Promise<void>): Promise<number>;
}
