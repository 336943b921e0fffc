import { z } from 'zod';

/** A family of metrics: all that is measured under one name, as it travels between processes as JSON. */
export const Family = z.object({
  name: z.string(),
  help: z.string(),
  type: z.enum(['counter', 'gauge', 'histogram', 'summary']),
  values: z.array(
    z.object({
      /** JSON has no NaN. */
      value: z.number().or(z.nan()).nullable(),
      labels: z.record(z.string(), z.union([z.string(), z.number()])),
      /** Of a histogram's or summary's parts: `…_bucket`, `…_sum`, `…_count`. */
      metricName: z.string().optional(),
      /** One observation of a bucket, and the trace it was made in. `timestamp`: seconds since the epoch. */
      exemplar: z
        .object({ labelSet: z.record(z.string(), z.string()), value: z.number(), timestamp: z.number() })
        .nullish(),
    }),
  ),
});
export type Family = z.infer<typeof Family>;
type Value = Family['values'][number];

/** Families of the same name become one; the first one's help and type stand. */
export function merge(families: readonly Family[]): Family[] {
  const byName = new Map<string, Family>();
  for (const family of families) {
    const known = byName.get(family.name);
    byName.set(family.name, known ? { ...known, values: [...known.values, ...family.values] } : family);
  }
  return [...byName.values()];
}

/** The same with these labels on every value, over labels of the same names. */
export function labelled(families: readonly Family[], labels: Readonly<Record<string, string>>): Family[] {
  return families.map((family) => ({
    ...family,
    values: family.values.map((value) => ({ ...value, labels: { ...value.labels, ...labels } })),
  }));
}

export const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
export type Exposition = typeof PROMETHEUS | typeof OPENMETRICS;

/**
 * The text that Prometheus reads. Exemplars are told only in OpenMetrics, because the older format has no place for
 * them.
 */
export function expose(families: readonly Family[], format: Exposition = PROMETHEUS): string {
  const open = format === OPENMETRICS;
  const lines = families.flatMap((family) => {
    // OpenMetrics names a counter without the `_total` of its one sample.
    const name = open && family.type === 'counter' ? family.name.replace(/_total$/, '') : family.name;
    const suffix = open && family.type === 'counter' ? '_total' : '';
    return [
      `# HELP ${name} ${escaped(family.help, open)}`,
      `# TYPE ${name} ${family.type}`,
      ...family.values.map((value) => sample(value.metricName ?? `${name}${suffix}`, value, open)),
    ];
  });
  return `${[...lines, ...(open ? ['# EOF'] : [])].join('\n')}\n`;
}

function sample(name: string, { value, labels, exemplar }: Value, open: boolean): string {
  const line = `${name}${labelsText(labels)} ${numberText(value)}`;
  if (!open || !exemplar) return line;
  return `${line} # ${labelsText(exemplar.labelSet)} ${numberText(exemplar.value)} ${exemplar.timestamp}`;
}

function labelsText(labels: Readonly<Record<string, string | number>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value), true)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escaped(text: string, quotes: boolean): string {
  const plain = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return quotes ? plain.replaceAll('"', '\\"') : plain;
}

function numberText(value: number | null): string {
  if (value === null || Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
