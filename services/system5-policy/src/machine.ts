/**
 * Decide, journal, evolve, tell: one after the other, so that what is told is in the order of what was decided and two
 * messages never decide from the same state.
 */
export interface Machine<S, E> {
  readonly state: S;
  /** Takes over what the journal holds, before anything is decided. */
  restore(event: E): void;
  /** `tell` sees the state after the events; its failure fails the run, and the same message brings it again. */
  run(
    decide: (state: S) => readonly E[],
    cause: string,
    tell: (events: readonly E[], state: S) => Promise<void>,
  ): Promise<void>;
}

export function machine<S, E>(
  initial: S,
  evolve: (state: S, event: E) => S,
  keep: (event: E, cause: string) => Promise<void>,
): Machine<S, E> {
  let state = initial;
  let last: Promise<void> = Promise.resolve();
  return {
    get state() {
      return state;
    },
    restore(event) {
      state = evolve(state, event);
    },
    run(decide, cause, tell) {
      const turn = last.then(async () => {
        const events = decide(state);
        for (const event of events) {
          await keep(event, cause);
          state = evolve(state, event);
        }
        await tell(events, state);
      });
      // Whoever asked for this turn sees its failure; the next turn goes ahead all the same.
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
