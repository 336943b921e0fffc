import type { DataOf, Outcome, OutcomeKind, ParkedCause } from '@vsmcp/vsm';
import type { Note } from './narrate.js';

/** The waiting events of one type, as `GET /waiting` has them. */
export interface Waits {
  type: string;
  events: number;
  cause: ParkedCause;
  because: string;
}

/** Milliseconds between two lines about the same type, and between two summaries of the routine. */
const PAUSE = 4000;
const ROUTINE = 15_000;

interface Kind {
  /** Waiting, as last told, and when. */
  waiting: number;
  toldAt: number;
  /** Answered since then. */
  answered: number;
  dirty: boolean;
}

/**
 * Adds outcomes up, so that the terminal gets a line per thing that happens and not one per event: what waits and is
 * then answered by type, everything else as one summary now and then. Times in ms.
 */
export class Tally {
  readonly #kinds = new Map<string, Kind>();
  readonly #ended = new Map<string, { note: Note; events: number }>();
  #routine = new Map<string, number>();
  #outcomes = new Map<OutcomeKind, number>();
  #summarised: number;

  constructor(now: number) {
    this.#summarised = now;
  }

  /** Events that waited before anybody listened are nothing new. */
  begin(waiting: readonly Waits[]): void {
    for (const { type, events } of waiting) {
      this.#kinds.set(type, { waiting: events, toldAt: Number.NEGATIVE_INFINITY, answered: 0, dirty: false });
    }
  }

  hear({ event, outcome, reason }: DataOf<typeof Outcome>): void {
    const { type } = event;
    const known = this.#kinds.get(type);
    if (outcome === 'parked') {
      this.#kinds.set(type, { waiting: 0, toldAt: Number.NEGATIVE_INFINITY, answered: 0, ...known, dirty: true });
    } else if (outcome === 'answered' && known) {
      known.answered += 1;
      known.dirty = true;
    } else if (outcome === 'answered' || outcome === 'noted' || outcome === 'attenuated') {
      this.#routine.set(type, (this.#routine.get(type) ?? 0) + 1);
      this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    } else {
      this.#end({ about: type, text: reason ? `${outcome}: ${reason}` : outcome });
      if (known) known.dirty = true;
    }
  }

  /** True when `notes` needs to know what waits now. */
  get unsure(): boolean {
    return [...this.#kinds.values()].some(({ dirty }) => dirty);
  }

  /** Lines to say by now. */
  notes(waiting: readonly Waits[], now: number): Note[] {
    const ended = [...this.#ended.values()].map(({ note, events }) =>
      events === 1 ? note : { ...note, text: `${events} ${note.text}` },
    );
    this.#ended.clear();
    return [...ended, ...this.#waitingNotes(waiting, now), ...this.#routineNotes(now)];
  }

  #end(note: Note): void {
    const key = JSON.stringify(note);
    this.#ended.set(key, { note, events: (this.#ended.get(key)?.events ?? 0) + 1 });
  }

  #waitingNotes(waiting: readonly Waits[], now: number): Note[] {
    const notes: Note[] = [];
    for (const [type, kind] of this.#kinds) {
      if (!kind.dirty) continue;
      const there = waiting.filter((each) => each.type === type);
      const events = there.reduce((sum, each) => sum + each.events, 0);
      if (events > 0 && now - kind.toldAt < PAUSE) continue; // still moving: one line later instead of several now
      if (kind.answered > 0) notes.push({ about: type, text: `${kind.answered} answered · ${events} waiting` });
      else if (events > 0 && events !== kind.waiting)
        notes.push({ about: type, text: `${events} waiting · ${why(there)}` });
      if (events === 0) this.#kinds.delete(type);
      else this.#kinds.set(type, { waiting: events, toldAt: now, answered: 0, dirty: false });
    }
    return notes;
  }

  #routineNotes(now: number): Note[] {
    if (now - this.#summarised < ROUTINE || this.#routine.size === 0) return [];
    const outcomes = [...this.#outcomes].map(([outcome, events]) => `${events} ${outcome}`).join(', ');
    const busiest = [...this.#routine].sort(([, a], [, b]) => b - a);
    const named = busiest.slice(0, 4).map(([type, events]) => `${type} ${events}`);
    const others = busiest.length > named.length ? [`${busiest.length - named.length} more kinds`] : [];
    this.#summarised = now;
    this.#routine = new Map();
    this.#outcomes = new Map();
    return [{ about: 'routine', text: `${outcomes} (${[...named, ...others].join(', ')})` }];
  }
}

function why(waiting: readonly Waits[]): string {
  const [first] = waiting;
  if (first?.cause === 'unanswered') return 'nothing answers it';
  if (first?.cause === 'wanted') return 'a tool is wanted';
  return first?.because ?? '';
}
