import type { Counter, Gauge, Histogram } from 'prom-client';

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
