import { duration } from '@vsmcp/vsm';
import { line, percent, table } from '../../output.js';
import type { Ailment } from '../ailments.js';
import type { Figures } from '../figures.js';
import type { Series } from './series.js';
import { sparkline, topOf } from './series.js';

/** A run as it is told. */
export interface Told {
  label: string;
  figures: Figures;
  ailments: readonly Ailment[];
  series: readonly Series[];
  /** Digest of the journal. */
  journal: string;
}

/** All runs of a day side by side: figures, curves that are not flat, and the diagnosis of each. */
export function told(runs: readonly Told[]): string {
  const rows = rowsOf(runs.map(({ figures }) => figures));
  const journals = ['journal', ...runs.map(({ journal }) => journal.slice(0, 16))];
  return [
    table(['', ...runs.map(({ label }) => label)], [...rows, journals]),
    ...curves(runs),
    ...runs.flatMap((run) => ['', ...ails(run), ...against(run)]),
  ].join('\n');
}

function rowsOf(all: readonly Figures[]): string[][] {
  const row = (name: string, value: (figures: Figures) => string) => [name, ...all.map(value)];
  const held = (figures: Figures) =>
    (['parked', 'dead', 'doubt', 'asked'] as const)
      .flatMap((reason) => (figures.fates[reason] ? [`${figures.fates[reason]} ${reason}`] : []))
      .join(', ') || 'none';
  return [
    row('events', ({ published }) => String(published)),
    row('caused by its own tools', ({ caused }) => `${caused.events}, ${caused.answered} answered in vain`),
    row('answered of the others', ({ answered, latency }) => `${percent(answered)} (${latency?.events ?? 0})`),
    row('held', held),
    row('still open', ({ fates }) => String(fates.open ?? 0)),
    row(
      'refused, shed, discarded',
      ({ fates: { refused = 0, shed = 0, discarded = 0 } }) => `${refused}, ${shed}, ${discarded}`,
    ),
    row('latency p50, p99', ({ latency }) => (latency ? `${duration(latency.p50)}, ${duration(latency.p99)}` : '–')),
    row('calls, failed', ({ calls, failed }) => `${calls}, ${failed}`),
    row('gap mean, most, end (kinds)', ({ gap }) =>
      gap ? `${one(gap.mean)}, ${one(gap.most)}, ${one(gap.end)}` : '–',
    ),
    row('pains, climbed, acknowledged', ({ pain }) => `${pain.raised}, ${pain.climbed}, ${pain.acknowledged}`),
    row('minutes viable', ({ viable }) => percent(viable)),
    row(
      'acquired, refused, failed',
      ({ acquisitions: a }) => `${a.closed}, ${a.refused}, ${a.failed} (of ${a.opened})`,
    ),
    row('conflicts resolved, loops', ({ conflicts }) => `${conflicts.resolved}, ${conflicts.loops}`),
    row('commanded singly', ({ commanded }) => String(commanded)),
    ...(all.some(({ unheard }) => unheard > 0) ? [row('words nobody took', ({ unheard }) => String(unheard))] : []),
  ];
}

function curves(runs: readonly Told[]): string[] {
  return (runs[0]?.series ?? []).flatMap(({ name, unit }) => {
    const all = runs.map(({ series }) => series.find((one) => one.name === name)?.values ?? []);
    const known = all.flat().filter((value) => value !== null);
    if (known.every((value) => value === known[0])) return [];
    const top = topOf(...all);
    return [
      '',
      `${name}, 0 to ${one(top)} ${unit}`,
      ...all.map((values, i) => `  ${sparkline(values, top)}  ${runs[i]?.label ?? ''}`.trimEnd()),
    ];
  });
}

function ails({ label, ailments }: Told): string[] {
  if (ailments.length === 0) return [`${label}: no pathology shows`];
  return ailments.flatMap(({ name, title, first, minutes, evidence, known }) => [
    `${label}: ${name}: ${title}, from minute ${Math.round(first / 60_000)}, in ${minutes} of them`,
    `  ${line(evidence)}`,
    `  ${known}`,
  ]);
}

function against({ label, figures }: Told): string[] {
  return figures.against.map(({ reason, minutes }) => `${label}: not viable in ${minutes} min: ${line(reason, 160)}`);
}

const one = (n: number): string => String(Math.round(n * 10) / 10);
