import type { JournalEntry } from '@vsmcp/vsm';
import type { Minute } from '../observed.js';

/** Text as RFC 4180 has it: quoted where it must be. */
function cell(value: string | number | boolean | null | undefined): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const lines = (head: readonly string[], rows: readonly (readonly Parameters<typeof cell>[0][])[]): string =>
  [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');

/** The journal, in the order of time; `at` in ms since the epoch. */
export function journalCsv(journal: readonly JournalEntry[]): string {
  const rows = journal
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, system, epoch, seq, type, cause, data, hash }) => [
      ...[at, system, epoch, seq, type, cause],
      JSON.stringify(data),
      hash,
    ]);
  return lines(['at', 'system', 'epoch', 'seq', 'type', 'cause', 'data', 'hash'], rows);
}

/** The day minute by minute; `minute` counts from 1, empty cells where consciousness said nothing. */
export function minutesCsv(minutes: readonly Minute[]): string {
  const head = ['minute', 'published', 'absorbed', 'parked', 'dead', 'doubt', 'calls', 'errors'];
  const said = ['waiting', 'required', 'available', 'gap', 'answered_share', 'alerts', 'viable', 'pathologies'];
  const rows = minutes.map(({ at, published, absorbed, outcomes, calls, errors, status }) => [
    ...[at / 60_000, published, absorbed, outcomes.parked ?? 0, outcomes.dead ?? 0, outcomes.doubt ?? 0, calls, errors],
    ...[status?.variety.waiting.events, status?.variety.required, status?.variety.available, status?.variety.gap],
    ...[status?.variety.answered, status?.systems[5].alerts.length, status?.viable],
    status?.pathologies.map(({ name }) => name).join(' '),
  ]);
  return lines([...head, ...said], rows);
}
