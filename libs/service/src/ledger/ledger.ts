import type {
  CloudEvent,
  Counts,
  HeldEvent,
  HeldFilter,
  HeldReason,
  OutcomeFilter,
  OutcomeKind,
  ParkedCause,
  SettledEvent,
  Waiting,
} from '@vsmcp/vsm';

/**
 * The name that a claim bears. One event is one row: the most specific unit wins, so `unit` is '' until an event
 * matches one.
 */
export interface LedgerKey {
  source: string;
  id: string;
  unit: string;
}

export interface ClaimRequest extends LedgerKey {
  type: string;
  holder: string;
  /** ms since the epoch until which no one else may take it over. */
  deadline: number;
}

/**
 * The answer to a claim.
 * fresh: it is yours. taken: someone holds it until `deadline`. again: an earlier holder's deadline passed before it
 * made a call that could have had an effect, or it was given back; it is yours. called: the earlier holder's deadline
 * passed after it wrote its intent to call; it is yours, and you must know whether repeating does harm. settled: it is
 * done or held; the outcome as it was published.
 */
export type Claimed =
  | { state: 'fresh' | 'again' | 'called'; attempt: number }
  | { state: 'taken'; deadline: number }
  | { state: 'settled'; outcome: OutcomeKind; record: unknown };

export interface Settlement extends LedgerKey {
  /** The attempt of the claim; a settlement of an older attempt changes nothing. */
  attempt: number;
  outcome: OutcomeKind;
  /** The published outcome message's data, republished when the event comes again. */
  record: unknown;
  /** No message stands behind the event, so its outcome is kept as unsaid until `said`. */
  unsaid?: true;
  /** For held ones: why, and the event itself, which then lives here. */
  because?: string;
  /** For parked ones. */
  cause?: ParkedCause;
  /** For those that a guard parked: its hash, by which a sweep tells another guard from this one. */
  guard?: string;
  event?: CloudEvent | { raw: string; bytes: number; sha256: string; headers: Record<string, unknown> };
}

/** A held event that was claimed back: it has no message at the broker any more. */
export interface Reclaimed extends LedgerKey {
  type: string;
  attempt: number;
  attempts: number;
  /** An earlier holder had written its intent to call and never said how it went: repeating may do harm. */
  called: boolean;
  event: CloudEvent;
}

/** An event that had gone down to a unit that is a system, taken back to be settled. */
export interface Recalled extends Reclaimed {
  /** ms since the epoch. */
  arrived: number;
}

/** Events that wait in units that are systems. */
export interface BelowUnit {
  unit: string;
  events: number;
  /** When the oldest arrived, ms since the epoch. */
  since: number;
}

/** Events that wait for the same cause. */
export interface Kind {
  type: string;
  cause: ParkedCause;
  /**
   * Hash of the one guard that parked them all; null when there were several, or a row of an older release is among
   * them, or the cause is another.
   */
  guard: string | null;
}

/** Where an event stands: no outcome while it is in progress. */
export interface Booked extends LedgerKey {
  outcome: OutcomeKind | null;
  attempt: number;
}

/** An outcome that was written and, as far as is known, never said. */
export interface Unsaid extends LedgerKey {
  attempt: number;
  record: unknown;
}

/**
 * Effects once, and one place for what waits. Keyed (source, id, unit). All writes are group-committed: calls made in
 * the same few milliseconds share one statement.
 */
export interface Ledger {
  claim(request: ClaimRequest): Promise<Claimed>;
  /** Writes the intent to make a call that must not happen twice; false when the claim is no longer ours. */
  intend(key: LedgerKey, attempt: number, deadline: number): Promise<boolean>;
  /**
   * Writes that the event goes down to a unit that is a system; from then on it lives here. Past the deadline it is
   * abandoned, and goes down again. False when the claim is no longer ours.
   */
  descend(key: LedgerKey, attempt: number, deadline: number, event: CloudEvent): Promise<boolean>;
  /**
   * Takes back what went down to that unit, to settle it with the outcome that came up; null when it did not, is
   * settled for good, or is held with that outcome already.
   */
  recall(key: LedgerKey, outcome: OutcomeKind, holder: string, deadline: number): Promise<Recalled | null>;
  /** Events that went down and wait there since before the instant given for their unit (ms since the epoch). */
  below(late: readonly { unit: string; before: number }[]): Promise<BelowUnit[]>;
  /**
   * Settles an event that nobody has seen before, as its first attempt, without a claim: for what needs no call. False
   * when it is known already, whatever of it; then nothing is changed.
   */
  settleNew(settlement: Omit<Settlement, 'attempt'> & { type: string; holder: string }): Promise<boolean>;
  /** False when a newer attempt has it. */
  settle(settlement: Settlement): Promise<boolean>;
  /** True when the event is done or held, by whoever. */
  isSettled(key: LedgerKey): Promise<boolean>;
  /** Gives the claim back: the event comes again through the broker. */
  release(key: LedgerKey, attempt: number): Promise<void>;
  /**
   * Claims held events back, the oldest first, at most `limit`; rows that others claim are passed over.
   * `causes`: parked ones of these causes only. `before`: only what was held before this instant (ms since the epoch),
   * so that what is parked again meanwhile is not taken twice in one sweep. `guard`: not those that this guard parked,
   * by its hash.
   */
  reclaim(
    filter: {
      reason: HeldReason;
      types?: readonly string[];
      source?: string;
      id?: string;
      causes?: readonly ParkedCause[];
      before?: number;
      guard?: string;
    },
    holder: string,
    deadline: number,
    limit: number,
  ): Promise<Reclaimed[]>;
  /** Reclaimed events whose holder vanished: taken over for `holder`. */
  abandoned(holder: string, now: number, deadline: number, limit: number): Promise<Reclaimed[]>;
  /**
   * Settles held events in place as discarded, refused or (by somebody's word) answered, unsaid; returns their rows so
   * that the outcome can be published.
   */
  dismiss(
    filter: HeldFilter,
    outcome: 'discarded' | 'refused' | 'answered',
    because: string,
  ): Promise<{ source: string; id: string; unit: string; type: string; attempt: number }[]>;
  /** The outcome of that attempt has been said. */
  said(key: LedgerKey, attempt: number): Promise<void>;
  /**
   * Outcomes unsaid since before this instant (ms since the epoch), oldest first: to be said again under their own ids.
   */
  unsaid(before: number, limit: number): Promise<Unsaid[]>;
  held(filter: HeldFilter): Promise<{ total: number; held: HeldEvent[] }>;
  /** Outcomes of the latest events, newest first; of those that wait, why. */
  outcomes(filter: OutcomeFilter): Promise<SettledEvent[]>;
  /** Those of the units that have events in doubt. */
  doubtful(units: readonly string[]): Promise<string[]>;
  /** Outcomes of these events; those that are not known are left out. */
  find(events: readonly { source: string; id: string }[]): Promise<Booked[]>;
  /**
   * Parked events by kind, with the newest samples. The most frequent kinds, and how many types and events wait in all;
   * or kinds of these `types`, or the next ones `after` a type in the order of types, and then only what is listed is
   * counted.
   */
  waiting(
    limit: number,
    samples: number,
    which?: { types?: readonly string[]; after?: string },
  ): Promise<{ types: number; events: number; waiting: Waiting[] }>;
  /** All kinds of parked events, a slice at a time: nothing else waits long for it, however many there are. */
  kinds(): AsyncIterable<readonly Kind[]>;
  /** Rows by outcome; those in progress count in `received` only. */
  account(): Promise<{ received: number; outcomes: Counts }>;
  /** Forgets settled rows older than the dedupe window; returns how many. */
  forget(before: number): Promise<number>;
}
