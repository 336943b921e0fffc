import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Metrics of one service, all named `vsmcp_…`, base units (seconds, bytes). Asking twice for a name gives the same one. */
export interface Metrics {
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  histogram<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    buckets?: readonly number[],
  ): Histogram<L>;
  /** Prometheus text. */
  text(): Promise<string>;
}

/** All metrics of one process: each service's own, told apart by the label `system`, and Node's. */
export interface ProcessMetrics {
  of(system: string): Metrics;
  text(): Promise<string>;
  close(): void;
}

export function openMetrics(): ProcessMetrics {
  const node = new Registry();
  collectDefaultMetrics({ register: node });
  const services = new Map<string, Registry>();

  return {
    of(system) {
      let registry = services.get(system);
      if (!registry) {
        registry = new Registry();
        registry.setDefaultLabels({ system });
        services.set(system, registry);
      }
      return metricsIn(registry);
    },
    async text() {
      const all = await Promise.all([node, ...services.values()].map((registry) => registry.getMetricsAsJSON()));
      return AggregatorRegistry.aggregate(all).metrics();
    },
    close() {
      for (const registry of [node, ...services.values()]) registry.clear();
    },
  };
}

function metricsIn(registry: Registry): Metrics {
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
    text: () => registry.metrics(),
  };
}
