import {
  CloudEvent,
  Counts,
  type HeldEvent,
  HeldReason,
  OutcomeKind,
  ParkedCause,
  SettledEvent,
  VsmError,
  type Waiting,
} from '@vsmcp/vsm';
import type { Booked, Claimed, Kind, Recalled, Reclaimed, Settlement, Unsaid } from './ledger.js';
import { fromText, toText } from './text.js';

export interface ClaimRow {
  n: number;
  state: string;
  attempt: number | null;
  deadline: number | null;
  outcome: string | null;
  record: string | null;
}

export function claimed(row: ClaimRow): Claimed {
  switch (row.state) {
    case 'fresh':
    case 'again':
    case 'called':
      return { state: row.state, attempt: row.attempt ?? 1 };
    case 'taken':
      return { state: 'taken', deadline: row.deadline ?? 0 };
    case 'settled':
      return { state: 'settled', outcome: OutcomeKind.parse(row.outcome), record: parsed(row.record) };
    default:
      throw new VsmError(
        'VSM_DATABASE',
        `the ledger holds a row in state '${row.state}', which this release does not know`,
      );
  }
}

/** A held row keeps its event; that of a settled one is no longer needed. */
export function settlement(s: Settlement): object {
  const keeps = HeldReason.safeParse(s.outcome).success && s.event !== undefined;
  return {
    attempt: s.attempt,
    unit: s.unit,
    outcome: s.outcome,
    cause: s.cause ?? null,
    guard: s.guard ?? null,
    because: s.because === undefined ? null : toText(s.because),
    record: JSON.stringify(s.record) ?? null,
    event: keeps ? JSON.stringify(s.event) : null,
    unsaid: s.unsaid ?? false,
    replayable: keeps && CloudEvent.safeParse(s.event).success,
  };
}

export interface BackRow {
  seq: number;
  source: string;
  id: string;
  unit: string;
  type: string;
  attempt: number;
  event: string;
  called: boolean;
}

/** An UPDATE returns its rows in any order; the oldest comes first. */
export function reclaimed(rows: BackRow[]): Reclaimed[] {
  return rows.sort((a, b) => a.seq - b.seq).map(reclaimedRow);
}

function reclaimedRow(row: BackRow): Reclaimed {
  return {
    source: fromText(row.source),
    id: fromText(row.id),
    unit: row.unit,
    type: fromText(row.type),
    attempt: row.attempt,
    attempts: row.attempt - 1,
    event: CloudEvent.parse(parsed(row.event)),
    called: row.called,
  };
}

export interface RecallRow extends BackRow {
  n: number;
  arrived: number;
}

export function recalled(row: RecallRow): Recalled {
  return { ...reclaimedRow(row), arrived: row.arrived };
}

export interface HeldRow {
  source: string;
  id: string;
  unit: string;
  type: string;
  outcome: string;
  because: string | null;
  attempt: number;
  changed: number;
  event: string | null;
}

export function heldEvent(row: HeldRow): HeldEvent {
  return {
    source: fromText(row.source),
    id: fromText(row.id),
    unit: row.unit,
    type: fromText(row.type),
    state: 'held',
    reason: HeldReason.parse(row.outcome),
    because: fromText(row.because ?? ''),
    attempts: row.attempt,
    at: row.changed,
    event: parsed(row.event),
  };
}

export interface OutcomeRow {
  record: string;
  changed: number;
}

/** One that an older release wrote otherwise is left out. */
export function settledEvent({ record, changed }: OutcomeRow): SettledEvent[] {
  const read = SettledEvent.safeParse({ ...Object(parsed(record)), at: changed });
  return read.success ? [read.data] : [];
}

export interface BookedRow {
  source: string;
  id: string;
  unit: string;
  outcome: string | null;
  attempt: number;
}

export function bookedOf({ source, id, unit, outcome, attempt }: BookedRow): Booked {
  const known = outcome === null ? null : OutcomeKind.parse(outcome);
  return { source: fromText(source), id: fromText(id), unit, outcome: known, attempt };
}

export interface KindRow {
  type: string;
  unit: string;
  cause: string | null;
  events: number;
  since: number;
  guard: string | null;
}

export interface SampleRow {
  n: number;
  because: string | null;
  samples: (string | null)[] | null;
}

export function kindOf({ type, cause, guard }: KindRow): Kind {
  return { type: fromText(type), cause: causeOf(cause), guard };
}

const causeOf = (cause: string | null): ParkedCause => ParkedCause.catch('unanswered').parse(cause);

/** @param newest none when they went while they were asked for */
export function waitingOf(row: KindRow, newest: SampleRow | undefined, most: number): Waiting {
  const samples = newest?.samples?.slice(0, most) ?? [];
  const traces = samples.flatMap(traceparentOf);
  return {
    type: fromText(row.type),
    unit: row.unit,
    events: row.events,
    since: row.since,
    cause: causeOf(row.cause),
    because: fromText(newest?.because ?? ''),
    samples: samples.map(dataOf),
    ...(traces.length > 0 && { traces }),
  };
}

function traceparentOf(sample: string | null): string[] {
  const event = parsed(sample);
  const of = typeof event === 'object' && event !== null && 'traceparent' in event ? event.traceparent : undefined;
  return typeof of === 'string' ? [of] : [];
}

export function countsOf(rows: readonly { outcome: string | null; events: number }[]) {
  const received = rows.reduce((sum, row) => sum + row.events, 0);
  const outcomes = rows.flatMap((row) => (row.outcome === null ? [] : [[row.outcome, row.events]]));
  return { received, outcomes: Counts.parse(Object.fromEntries(outcomes)) };
}

export interface UnsaidRow {
  source: string;
  id: string;
  unit: string;
  attempt: number;
  record: string | null;
}

export function unsaidOf(row: UnsaidRow): Unsaid {
  const { source, id, unit, attempt, record } = row;
  return { source: fromText(source), id: fromText(id), unit, attempt, record: parsed(record) };
}

function parsed(json: string | null): unknown {
  return json === null ? undefined : JSON.parse(json);
}

function dataOf(json: string | null): unknown {
  const event = parsed(json);
  return typeof event === 'object' && event !== null && 'data' in event ? event.data : undefined;
}
