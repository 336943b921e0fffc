/**
 * Milliseconds in which a second signal is taken for the same Ctrl-C: `npm` passes on what the terminal has already
 * sent to the whole process group.
 */
const SAME = 1000;

export interface Signals {
  /** Aborted when the fleet shall stop. */
  readonly stop: AbortSignal;
  /** Resolves when somebody will not wait for that. */
  readonly force: Promise<void>;
  /** Has SIGHUP, where no terminal can have gone, do this from now on. */
  onHangup(task: () => void): void;
  /** Gives the signals back to Node. */
  release(): void;
}

/**
 * Listens to SIGINT and SIGTERM: the first asks to stop, one that follows later forces it. So does SIGHUP where it may
 * mean that the terminal is gone.
 * @param attended true where there is a terminal
 */
export function listenToSignals(
  now: () => number = Date.now,
  attended = process.stdin.isTTY === true || process.stdout.isTTY === true,
): Signals {
  const stop = new AbortController();
  let force: () => void = () => {};
  let first: number | undefined;
  const hear = () => {
    if (first === undefined) {
      first = now();
      stop.abort();
    } else if (now() - first >= SAME) force();
  };
  let hungUp = () => {};
  const hearHangup = attended ? hear : () => hungUp();
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, hear);
  process.on('SIGHUP', hearHangup);
  return {
    stop: stop.signal,
    force: new Promise((resolve) => {
      force = resolve;
    }),
    onHangup: (task) => {
      hungUp = task;
    },
    release: () => {
      for (const name of names) process.off(name, hear);
      process.off('SIGHUP', hearHangup);
    },
  };
}
