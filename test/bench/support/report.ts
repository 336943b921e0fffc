import { availableParallelism, cpus, totalmem } from 'node:os';

/** One measured thing. `values` are of its runs, in the order they were made. */
export interface Figure {
  what: string;
  unit: string;
  values: number[];
  /** The design's goal, where it has one. */
  wanted?: string;
  /** For a thing that could not be measured here: why. */
  missing?: string;
}

export type Bench = () => Promise<Figure[]>;

export function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

/** The value at part `p` (0 to 1) of the sorted values; 0.5 is the median. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

/** Text for people: the median of each figure's runs, and how far the runs lie apart. */
export function report(reports: readonly { bench: string; figures: readonly Figure[] }[]): string {
  const { cpu, cores, memory, node } = machine();
  const lines = [`${cpu}, ${cores} cores, ${memory}, Node ${node}; medians`];
  for (const { bench, figures } of reports) {
    lines.push('', bench);
    const width = Math.max(...figures.map(({ what }) => what.length));
    for (const figure of figures) lines.push(`  ${figure.what.padEnd(width)}  ${textOf(figure)}`);
  }
  return `${lines.join('\n')}\n`;
}

function textOf({ unit, values, wanted, missing }: Figure): string {
  if (missing !== undefined) return `not measured: ${missing}`;
  const spread = values.length > 1 ? `  (${shown(Math.min(...values))}–${shown(Math.max(...values))})` : '';
  const floor = wanted === undefined ? '' : `  wanted: ${wanted}`;
  return `${shown(quantile(values, 0.5))} ${unit}${spread}${floor}`;
}

const shown = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3));
