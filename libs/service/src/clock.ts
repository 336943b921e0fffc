import type { Clock } from '@vsmcp/vsm';

/** The machine's clock. Its timers never keep a process alive. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms).unref();
    return () => clearTimeout(timer);
  },
  every(ms, task) {
    const timer = setInterval(task, ms).unref();
    return () => clearInterval(timer);
  },
};

/** Resolves after `ms`, or as soon as nobody waits any more. */
export function pause(clock: Clock, ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      stopped.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    if (stopped.aborted) end();
    else stopped.addEventListener('abort', end);
  });
}

/** A clock that stands still until it is told to move; what falls due runs in the order of its time. */
export interface ManualClock extends Clock {
  /** Moves on by `ms`, running what falls due on the way; lets promises settle after each. */
  advance(ms: number): Promise<void>;
}

interface Due {
  at: number;
  order: number;
  every?: number;
  task: () => void;
}

/** @param start ms since the epoch */
export function manualClock(start = 0): ManualClock {
  let now = start;
  let order = 0;
  const due = new Set<Due>();

  const plan = (ms: number, task: () => void, every?: number) => {
    const entry: Due = { at: now + ms, order: order++, task, ...(every === undefined ? {} : { every }) };
    due.add(entry);
    return () => void due.delete(entry);
  };

  return {
    now: () => now,
    after: (ms, task) => plan(ms, task),
    every: (ms, task) => plan(ms, task, ms),
    async advance(ms) {
      const until = now + ms;
      for (let next = earliest(due, until); next; next = earliest(due, until)) {
        now = Math.max(now, next.at);
        if (next.every === undefined) due.delete(next);
        else {
          next.at += Math.max(1, next.every);
          next.order = order++;
        }
        next.task();
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = until;
    },
  };
}

function earliest(due: Iterable<Due>, until: number): Due | undefined {
  let first: Due | undefined;
  for (const entry of due) {
    if (entry.at > until) continue;
    if (!first || entry.at < first.at || (entry.at === first.at && entry.order < first.order)) first = entry;
  }
  return first;
}
