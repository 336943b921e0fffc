import { DiagLogLevel, diag } from '@opentelemetry/api';
import { reasonOf } from '@vsmcp/vsm';
import type { Log } from '../log.js';

export interface Telemetry {
  /** Sends what is left, within `FLUSH`, and ends. */
  stop(): Promise<void>;
}

export interface TelemetryOptions {
  /** True when spans are to be exported: see `Runtime.traces`. */
  traces: boolean;
  /** `service.name`, unless OTEL_SERVICE_NAME says another. */
  service: string;
  /** The fleet's path: `service.namespace`. */
  namespace: string;
  instance: string;
  version: string;
  log: Log;
}

/** Longest time (ms) that the end of a process waits for a collector. */
export const FLUSH = 2000;

/**
 * Starts OpenTelemetry for this process, once, whatever number of services it runs. Where to, how and how much is
 * exported is said by OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_…, OTEL_TRACES_SAMPLER,
 * OTEL_RESOURCE_ATTRIBUTES, OTEL_BSP_…). The SDK is loaded only here, so that a process without telemetry does not pay
 * for it.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  if (!options.traces) return { stop: async () => {} };
  const { log } = options;
  const { NodeSDK, core, resources } = await import('@opentelemetry/sdk-node');
  diag.setLogger(complaints(log), DiagLogLevel.WARN);
  const sdk = new NodeSDK({
    resource: resources.defaultResource().merge(
      resources.resourceFromAttributes({
        'service.name': options.service,
        'service.namespace': options.namespace,
        'service.instance.id': options.instance,
        'service.version': options.version,
      }),
    ),
    // The format that the envelope carries, whatever else somebody's process may speak.
    textMapPropagator: new core.W3CTraceContextPropagator(),
    // Metrics are scraped, and logs go to stderr: only spans are exported.
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  log.info({ service: options.service }, 'exports spans');
  return {
    async stop() {
      let late: NodeJS.Timeout | undefined;
      const over = new Promise<void>((resolve) => {
        late = setTimeout(() => {
          log.warn({ ms: FLUSH }, 'the collector did not take the last spans in time');
          resolve();
        }, FLUSH);
      });
      const flushed = sdk.shutdown().catch((error: unknown) => {
        log.warn({ reason: reasonOf(error) }, 'the last spans were not exported');
      });
      await Promise.race([flushed, over]);
      clearTimeout(late);
      diag.disable();
    },
  };
}

/** A collector that is away is complained of with every batch: once is enough, until the complaint is another. */
function complaints(log: Log) {
  let last = '';
  const warn = (message: string, ...details: unknown[]) => {
    const text = [message, ...details.map(String)].join(' ').slice(0, 500);
    if (text !== last) log.warn({ from: 'opentelemetry' }, text);
    last = text;
  };
  return { error: warn, warn, info: () => {}, debug: () => {}, verbose: () => {} };
}
