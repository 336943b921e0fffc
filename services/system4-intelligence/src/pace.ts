import type { Clock } from '@vsmcp/vsm';

/**
 * Least rest (ms) between two runs, and how many times longer than the last run it is: what grows expensive grows rare.
 */
const REST = 300;
const TIMES = 20;

export interface Paced {
  /** Runs the task after `ms`, or when it has rested; several askings before that are one run. */
  soon(ms: number): void;
  stop(): void;
}

/** Runs a task when asked, one at a time, for at most about a twentieth of the time. It must not reject. */
export function paced(clock: Clock, task: () => Promise<void>): Paced {
  let free = 0;
  let next = Number.POSITIVE_INFINITY;
  let cancel = () => {};
  let running = false;
  let stopped = false;

  async function run(): Promise<void> {
    next = Number.POSITIVE_INFINITY;
    running = true;
    const started = clock.now();
    await task();
    running = false;
    const now = clock.now();
    free = now + Math.max(REST, TIMES * (now - started));
    if (next < Number.POSITIVE_INFINITY) schedule(Math.max(next, free));
  }

  function schedule(at: number): void {
    next = at;
    cancel();
    if (!stopped) cancel = clock.after(Math.max(0, at - clock.now()), () => void run());
  }

  return {
    soon(ms) {
      const at = Math.max(clock.now() + ms, free);
      if (at >= next) return;
      if (running) next = at;
      else schedule(at);
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
