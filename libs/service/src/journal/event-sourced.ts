import type { JournalEntry } from '@vsmcp/vsm';
import { serial } from '../tasks/serial.js';
import type { Journal } from './journal.js';
import type { Restored } from './replay.js';

/**
 * The loop of a leader whose state is what its journal holds: decide, append, evolve, tell. One run after the other, so
 * that what is told is in the order of what was decided and two messages never decide from the same state.
 *
 * Deciding is a pure function from the state to events; evolving is a pure function from the state and an event to the
 * next state, the same at work as at a takeover. An event that was appended and not told, since the leader went in
 * between, is told when the same message comes again, or by what the next leader does at its takeover.
 */
export interface EventSourced<S, E> extends Restored {
  readonly state: S;
  /**
   * Decides from the state that the run before has left, appends and applies each event, and tells. Rejects with what
   * failed: events that were appended before stay, and the same message brings a failed `tell` again.
   * @param cause of the journal entries
   */
  run(decide: (state: S) => readonly E[], cause: string, tell: Tell<S, E>): Promise<void>;
  /** Resolves when nothing is being decided, appended or told. */
  idle(): Promise<void>;
}

/** @param state after the last of the changes, or as it was where nothing was decided */
export type Tell<S, E> = (changes: readonly Change<S, E>[], state: S) => Promise<void>;

/** An event with the states that it led from and to; states are never changed in place. */
export interface Change<S, E> {
  readonly event: E;
  readonly before: S;
  readonly after: S;
}

export interface EventSourcedOptions<S, E> {
  system: string;
  epoch: number;
  initial: S;
  evolve(state: S, event: E): S;
  /** The event that a journal entry holds; undefined where the entry belongs to another part. */
  read(entry: JournalEntry): E | undefined;
  /** The data of the journal entry, where that is not the event itself. */
  data?(event: E): unknown;
  /**
   * Called when an event cannot be journalled. It throws where nothing may be told that is not on record; where it
   * returns, the run goes on without. By default the run fails.
   */
  unjournalled?(error: unknown, event: E): void;
}

export function eventSourced<S, E extends { type: string }>(
  journal: Pick<Journal, 'append'>,
  { system, epoch, initial, evolve, read, data = (event) => event, unjournalled }: EventSourcedOptions<S, E>,
): EventSourced<S, E> {
  const inTurn = serial();
  let state = initial;

  async function append(event: E, cause: string): Promise<void> {
    try {
      await journal.append({ system, epoch, type: event.type, cause, data: data(event) });
    } catch (error) {
      if (unjournalled === undefined) throw error;
      unjournalled(error, event);
    }
  }

  async function apply(event: E, cause: string): Promise<Change<S, E>> {
    await append(event, cause);
    const before = state;
    state = evolve(before, event);
    return { event, before, after: state };
  }

  return {
    get state() {
      return state;
    },
    restore(entry) {
      const event = read(entry);
      if (event !== undefined) state = evolve(state, event);
    },
    run(decide, cause, tell) {
      return inTurn(async () => {
        const changes: Change<S, E>[] = [];
        for (const event of decide(state)) changes.push(await apply(event, cause));
        await tell(changes, state);
      });
    },
    idle: inTurn.idle,
  };
}
