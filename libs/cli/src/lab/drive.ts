import { quiet } from './quiet.js';
import type { VirtualClock } from './virtual-clock.js';

/** Holds time back; resolves when it may be `at` (ms since the epoch, virtual). */
export type Pace = (at: number) => Promise<void>;

/** As fast as possible. */
export const unpaced: Pace = async () => {};

/** ms (of the machine) that a wait must be worth. */
const WORTH = 5;

/** At most `speed` virtual seconds in a second of the machine's, from now on. */
export function paceOf(speed: number, clock: Pick<VirtualClock, 'now'>, signal?: AbortSignal): Pace {
  const from = { virtual: clock.now(), real: performance.now() };
  return async (at) => {
    const wait = (at - from.virtual) / speed - (performance.now() - from.real);
    if (wait < WORTH || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(end, wait);
      function end() {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      }
      signal?.addEventListener('abort', end);
    });
  };
}

/**
 * Lets time pass until `until` (ms since the epoch): whenever nothing is left to do, the clock goes on to what falls
 * due next.
 * @throws what `signal` was aborted with
 */
export async function pass(clock: VirtualClock, until: number, pace: Pace, signal?: AbortSignal): Promise<void> {
  await quiet();
  while (clock.step(until)) {
    signal?.throwIfAborted();
    await quiet();
    await pace(clock.now());
  }
}

/** ms (virtual) after which what does not end by itself is given up. */
const PATIENCE = 3_600_000;

/** Lets time pass for as long as the task needs it, and no longer. @throws what the task rejects with */
export async function passUntil<T>(clock: VirtualClock, task: Promise<T>): Promise<T> {
  let over = false;
  const end = () => {
    over = true;
  };
  task.then(end, end);
  const until = clock.now() + PATIENCE;
  await quiet();
  while (!over && clock.step(until)) await quiet();
  if (!over)
    throw new Error(`the lab waited for an hour of its time in vain, since ${new Date(clock.now()).toISOString()}`);
  return task;
}
