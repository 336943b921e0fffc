import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Span, TraceFlags, trace } from '@opentelemetry/api';
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type OpenMetricsContentType,
  Registry as PromRegistry,
} from 'prom-client';
import { GROUPS, isGroup } from '../ledger/group.js';
import { Family, merge } from './families.js';

/**
 * Metrics of one service, all named `vsmcp_…`, base units (seconds, bytes). Asking twice for a name gives the same one.
 */
export interface Metrics {
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  histogram<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    buckets?: readonly number[],
  ): Histogram<L>;
  /** A histogram of seconds, each bucket with the trace of the last observation that fell into it. */
  seconds<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
  ): (labels: Record<L, string>, seconds: number) => void;
  /** Called before the metrics are read, for what is cheaper to look at than to follow. */
  before(refresh: () => void): void;
}

/** All metrics of one process: each service's own, told apart by the label `system`, and Node's. */
export interface ProcessMetrics {
  of(system: string): Metrics;
  families(): Promise<Family[]>;
  close(): void;
}

type Registry = PromRegistry<OpenMetricsContentType>;

/** Seconds: a call in memory, on a broker, to a tool, and one that was given up. */
const SECONDS = [0.001, 0.005, 0.025, 0.1, 0.25, 1, 2.5, 10, 30, 120];
/** Rows in one statement; the most is 500. */
const ROWS = [1, 2, 5, 10, 25, 50, 100, 250, 500];

export function openMetrics(): ProcessMetrics {
  const node = openRegistry();
  collectDefaultMetrics({ register: node });
  const stopGroups = countGroups(node);
  const services = new Map<string, { registry: Registry; refreshes: (() => void)[] }>();

  return {
    of(system) {
      let service = services.get(system);
      if (!service) {
        service = { registry: openRegistry(), refreshes: [] };
        service.registry.setDefaultLabels({ system });
        services.set(system, service);
      }
      return metricsIn(service.registry, service.refreshes);
    },
    async families() {
      for (const { refreshes } of services.values()) for (const refresh of refreshes) refresh();
      const registries = [node, ...[...services.values()].map(({ registry }) => registry)];
      const all = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()));
      return merge(all.flatMap((families) => Family.array().parse(families)));
    },
    close() {
      stopGroups();
      for (const registry of [node, ...[...services.values()].map(({ registry }) => registry)]) registry.clear();
    },
  };
}

/** Of this type, because others hold no exemplars; how it is told is decided in `families.ts`. */
function openRegistry(): Registry {
  const registry = new PromRegistry<OpenMetricsContentType>();
  registry.setContentType(PromRegistry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

function metricsIn(registry: Registry, refreshes: (() => void)[]): Metrics {
  return {
    counter<L extends string>(name: string, help: string, labels: readonly L[] = []) {
      const known = registry.getSingleMetric<L>(name);
      if (known instanceof Counter) return known;
      return new Counter<L>({ name, help, labelNames: [...labels], registers: [registry] });
    },
    gauge<L extends string>(name: string, help: string, labels: readonly L[] = []) {
      const known = registry.getSingleMetric<L>(name);
      if (known instanceof Gauge) return known;
      return new Gauge<L>({ name, help, labelNames: [...labels], registers: [registry] });
    },
    histogram<L extends string>(name: string, help: string, labels: readonly L[] = [], buckets?: readonly number[]) {
      const known = registry.getSingleMetric<L>(name);
      if (known instanceof Histogram) return known;
      const own = buckets ? { buckets: [...buckets] } : {};
      return new Histogram<L>({ name, help, labelNames: [...labels], registers: [registry], ...own });
    },
    seconds(name, help, labels) {
      const known = registry.getSingleMetric(name);
      const histogram =
        known instanceof Histogram
          ? known
          : new Histogram<string>({
              name,
              help,
              labelNames: [...labels],
              registers: [registry],
              buckets: SECONDS,
              enableExemplars: true,
            });
      return (values, seconds) =>
        histogram.observe({ labels: values, value: seconds, exemplarLabels: exemplarOf(trace.getActiveSpan()) });
    },
    before: (refresh) => void refreshes.push(refresh),
  };
}

/** Only a trace that somebody keeps is worth pointing to. */
function exemplarOf(span: Span | undefined): Record<string, string> {
  const context = span?.spanContext();
  if (!context || (context.traceFlags & TraceFlags.SAMPLED) === 0) return {};
  return { trace_id: context.traceId, span_id: context.spanId };
}

function countGroups(registry: Registry): () => void {
  const rows = new Histogram({
    name: 'vsmcp_group_rows',
    help: 'Rows that shared one statement of the ledger or the journal',
    labelNames: ['statement'],
    buckets: ROWS,
    registers: [registry],
  });
  const count = (message: unknown) => {
    if (isGroup(message)) rows.observe({ statement: message.statement }, message.rows);
  };
  subscribe(GROUPS, count);
  return () => unsubscribe(GROUPS, count);
}
