import { type DataOf, type Outcome, type OutcomeKind, SETTLED, type Status } from '@vsmcp/vsm';

export const MINUTE = 60_000;

/** Outcomes that count as absorbed: answered, noted, or stood for by another. */
const ABSORBED: ReadonlySet<string> = new Set(['answered', 'noted', 'attenuated']);
const OVER: ReadonlySet<string> = new Set(SETTLED);

/** One minute of the day. `status` as consciousness said it at its end; absent where it did not answer. */
export interface Minute {
  /** ms from the beginning of the day to the end of the minute. */
  at: number;
  published: number;
  absorbed: number;
  /** Outcomes of the minute, a word each time an event's fate changed. */
  outcomes: Partial<Record<OutcomeKind, number>>;
  calls: number;
  errors: number;
  status?: Status;
}

interface Published {
  at: number;
  /** A call of the fleet's own tools made it, not the world. */
  isCaused: boolean;
  /** Its latest fate. */
  outcome?: OutcomeKind;
}

/** The view of a day from outside: events in, outcomes out, calls of tools, and what consciousness says each minute. */
export class Observed {
  readonly #events = new Map<string, Published>();
  /** ms from publication to absorption, of what the world published. */
  readonly latencies: number[] = [];
  readonly minutes: Minute[] = [];
  /**
   * Events that calls of the fleet's own tools made, and those of them that were absorbed: where two units undo each
   * other, work in vain.
   */
  caused = 0;
  causedAbsorbed = 0;
  #minute: Minute = fresh();
  #over = false;

  get published(): number {
    return this.#events.size;
  }

  /** Events by their latest fate; `open` have none yet. */
  get fates(): Partial<Record<OutcomeKind | 'open', number>> {
    const fates: Partial<Record<OutcomeKind | 'open', number>> = {};
    for (const { outcome = 'open' } of this.#events.values()) fates[outcome] = (fates[outcome] ?? 0) + 1;
    return fates;
  }

  publish(id: string, now: number, isCaused: boolean): void {
    this.#events.set(id, { at: now, isCaused });
    if (isCaused) this.caused++;
    this.#minute.published++;
  }

  outcome({ event, outcome }: DataOf<typeof Outcome>, now: number): void {
    const published = this.#over ? undefined : this.#events.get(event.id);
    // A repeat of what was settled says nothing new.
    if (published === undefined || (published.outcome !== undefined && OVER.has(published.outcome))) return;
    published.outcome = outcome;
    this.#minute.outcomes[outcome] = (this.#minute.outcomes[outcome] ?? 0) + 1;
    if (!ABSORBED.has(outcome)) return;
    this.#minute.absorbed++;
    if (published.isCaused) this.causedAbsorbed++;
    else this.latencies.push(now - published.at);
  }

  call(error: boolean): void {
    this.#minute.calls++;
    if (error) this.#minute.errors++;
  }

  /** The day is over: what ends while the fleet stops is not of it. */
  end(): void {
    this.#over = true;
  }

  /** A minute is over. @param at ms from the beginning of the day */
  close(at: number, status: Status | undefined): void {
    this.minutes.push({ ...this.#minute, at, ...(status && { status }) });
    this.#minute = fresh();
  }
}

const fresh = (): Minute => ({ at: 0, published: 0, absorbed: 0, outcomes: {}, calls: 0, errors: 0 });
