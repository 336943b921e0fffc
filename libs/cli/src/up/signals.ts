/**
 * Milliseconds in which a second signal is taken for the same Ctrl-C: `npm` passes on what the terminal has already sent to the
 * whole process group.
 */
const SAME = 1000;

export interface Signals {
  /** Resolves when the fleet shall stop. */
  readonly stop: Promise<void>;
  /** Resolves when somebody will not wait for that. */
  readonly force: Promise<void>;
  /** Gives the signals back to Node. */
  release(): void;
}

/** Listens to SIGINT, SIGTERM and SIGHUP: the first asks to stop, one that follows later forces it. */
export function listenToSignals(now: () => number = Date.now): Signals {
  let stop: () => void = () => {};
  let force: () => void = () => {};
  let first: number | undefined;
  const hear = () => {
    if (first === undefined) {
      first = now();
      stop();
    } else if (now() - first >= SAME) force();
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, hear);
  return {
    stop: new Promise((resolve) => {
      stop = resolve;
    }),
    force: new Promise((resolve) => {
      force = resolve;
    }),
    release: () => {
      for (const name of names) process.off(name, hear);
    },
  };
}
