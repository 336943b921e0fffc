/**
 * A FIFO queue of tasks of which one runs at a time: what a part decides, it decides from the state that the task
 * before has left. A task that fails fails for its asker alone; the next one runs all the same.
 */
export interface Serial {
  /** Resolves or rejects as the task does, once those before it have ended. */
  <T>(task: () => Promise<T>): Promise<T>;
  /** Resolves when no task runs and none waits, those included that were given meanwhile. Never rejects. */
  idle(): Promise<void>;
}

export function serial(): Serial {
  let last: Promise<void> = Promise.resolve();

  function run<T>(task: () => Promise<T>): Promise<T> {
    const turn = last.then(task);
    // Only the order matters here: the asker has the result or the failure.
    last = turn.then(ignore, ignore);
    return turn;
  }

  async function idle(): Promise<void> {
    for (let seen: typeof last | undefined; seen !== last; ) {
      seen = last;
      await seen;
    }
  }

  return Object.assign(run, { idle });
}

function ignore(): void {}
