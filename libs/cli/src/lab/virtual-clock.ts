import type { Clock } from '@vsmcp/vsm';
import TinyQueue from 'tinyqueue';

interface Due {
  /** ms since the epoch. */
  at: number;
  /** Of two that fall due at the same instant, the one that was planned first runs first. */
  order: number;
  task: () => void;
  off: boolean;
}

export interface VirtualClock extends Clock {
  /**
   * Moves on to what falls due next, and runs all that falls due at that instant.
   * @param until no further than this (ms since the epoch)
   * @returns whether anything fell due; when nothing does, the clock stands at `until`
   */
  step(until: number): boolean;
}

/**
 * A clock that stands still until somebody moves it. Moving it costs nothing but what falls due: a day without events
 * takes no longer than an instant. What falls due runs in the order of its time, and of its planning.
 * @param start ms since the epoch
 */
export function virtualClock(start: number): VirtualClock {
  let now = start;
  let order = 0;
  const queue = new TinyQueue<Due>([], (a, b) => a.at - b.at || a.order - b.order);

  const plan = (at: number, task: () => void): Due => {
    const due = { at, order: order++, task, off: false };
    queue.push(due);
    return due;
  };
  const next = (): Due | undefined => {
    while (queue.peek()?.off === true) queue.pop();
    return queue.peek();
  };

  return {
    now: () => now,
    after(ms, task) {
      // Whole milliseconds, like the machine's own timers.
      const due = plan(now + Math.max(0, Math.ceil(ms)), task);
      return () => {
        due.off = true;
      };
    },
    every(ms, task) {
      // Like the machine's own timers: never twice at one instant. All that comes as often falls due at the same
      // instants, so that there are fewer of them.
      const interval = Math.max(1, Math.ceil(ms));
      let due: Due;
      const next = () => plan(now + interval - ((now - start) % interval), again);
      const again = () => {
        due = next();
        task();
      };
      due = next();
      return () => {
        due.off = true;
      };
    },
    step(until) {
      const first = next();
      if (first === undefined || first.at > until) {
        now = Math.max(now, until);
        return false;
      }
      now = Math.max(now, first.at);
      // A task planned for this very instant by one that runs now comes with the next step.
      const last = order;
      for (let due = next(); due !== undefined && due.at <= now && due.order < last; due = next()) {
        queue.pop();
        due.task();
      }
      return true;
    },
  };
}
