import type { JournalEntry, OutcomeKind } from '@vsmcp/vsm';
import type { Minute, Observed } from './observed.js';

/** Figures of a day. Shares are between 0 and 1, null where there was nothing to be a share of. Times in ms. */
export interface Figures {
  published: number;
  /**
   * Events that calls of its own tools made, and those of them that it answered: where units undo each other, work in
   * vain.
   */
  caused: { events: number; answered: number };
  /** Answered, noted or attenuated, of what the world published. */
  answered: number | null;
  /** Events by their latest fate; `open` had none yet when the day ended. */
  fates: Partial<Record<OutcomeKind | 'open', number>>;
  /** From publication until an event was absorbed, waiting included; nearest rank. */
  latency: { p50: number; p99: number; events: number } | null;
  calls: number;
  failed: number;
  /** Kinds of events: required less available, as consciousness said it each minute. */
  gap: { mean: number; most: number; end: number } | null;
  pain: { raised: number; climbed: number; acknowledged: number; closed: number };
  /** Share of the minutes in which the fleet was viable, and what was most often against it. */
  viable: number | null;
  against: { reason: string; minutes: number }[];
  acquisitions: { opened: number; closed: number; refused: number; failed: number };
  conflicts: { resolved: number; loops: number };
  /** Single operations that System 3 commanded because somebody asked. */
  commanded: number;
  /** Words of people that nobody took. */
  unheard: number;
}

/** The share `p` (0 to 1) of a sorted list, by nearest rank. */
export function quantile(sorted: readonly number[], p: number): number {
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

export function figuresOf(observed: Observed, journal: readonly JournalEntry[], unheard: number): Figures {
  const { published, fates, minutes } = observed;
  const latencies = [...observed.latencies].sort((a, b) => a - b);
  const said = minutes.flatMap(({ status }) => status ?? []);
  const gaps = said.map(({ variety }) => variety.gap);
  const kinds = counted(journal.map(({ type }) => type));
  const steps = counted(
    journal.flatMap(({ type, data }) => (type === 'acquisition.moved' ? (textOf(data, 'step') ?? []) : [])),
  );
  const last = said.at(-1);
  return {
    published,
    caused: { events: observed.caused, answered: observed.causedAbsorbed },
    answered: published === observed.caused ? null : latencies.length / (published - observed.caused),
    fates,
    latency:
      latencies.length === 0
        ? null
        : { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), events: latencies.length },
    calls: sum(minutes, 'calls'),
    failed: sum(minutes, 'errors'),
    gap: gaps.length === 0 ? null : { mean: mean(gaps), most: Math.max(...gaps), end: gaps.at(-1) ?? 0 },
    pain: {
      raised: kinds.get('alert.raised') ?? 0,
      climbed: kinds.get('alert.climbed') ?? 0,
      acknowledged: kinds.get('alert.acknowledged') ?? 0,
      closed: kinds.get('alert.closed') ?? 0,
    },
    viable: said.length === 0 ? null : said.filter(({ viable }) => viable).length / said.length,
    against: mostOften(said.filter(({ viable }) => !viable).flatMap(({ reasons }) => reasons[0] ?? [])),
    acquisitions: {
      opened: kinds.get('acquisition.opened') ?? 0,
      closed: steps.get('closed') ?? 0,
      refused: steps.get('refused') ?? 0,
      failed: (steps.get('failed') ?? 0) + (steps.get('rolled-back') ?? 0) + (steps.get('nothing-found') ?? 0),
    },
    conflicts: { resolved: last?.systems[2].conflicts_resolved ?? 0, loops: kinds.get('loop.found') ?? 0 },
    commanded: kinds.get('operate') ?? 0,
    unheard,
  };
}

function textOf(data: unknown, key: string): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const value: unknown = Reflect.get(data, key);
  return typeof value === 'string' ? value : undefined;
}

function counted(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Reasons that differ only in their numbers are one. */
function mostOften(reasons: readonly string[]): { reason: string; minutes: number }[] {
  const kinds = new Map<string, { reason: string; minutes: number }>();
  for (const reason of reasons) {
    const kind = reason.replaceAll(/\d+/g, '');
    kinds.set(kind, { reason, minutes: (kinds.get(kind)?.minutes ?? 0) + 1 });
  }
  return [...kinds.values()].sort((a, b) => b.minutes - a.minutes).slice(0, 3);
}

const mean = (numbers: readonly number[]): number => numbers.reduce((all, n) => all + n, 0) / numbers.length;
const sum = (minutes: readonly Minute[], key: 'calls' | 'errors'): number =>
  minutes.reduce((all, minute) => all + minute[key], 0);
