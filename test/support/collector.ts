import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Attributes = { key: string; value: { stringValue?: string; intValue?: number | string; boolValue?: boolean } }[];
interface Sent {
  resourceSpans: {
    resource: { attributes: Attributes };
    scopeSpans: { spans: (Omit<Exported, 'attributes' | 'resource'> & { attributes: Attributes })[] }[];
  }[];
}

/** A span as it was exported, and the resource it was exported with. */
export interface Exported {
  traceId: string;
  spanId: string;
  /** Absent of the first span of a trace. */
  parentSpanId?: string;
  name: string;
  attributes: Record<string, unknown>;
  links?: { traceId: string; spanId: string }[];
  resource: Record<string, unknown>;
}

/** A stand-in for an OpenTelemetry collector: takes OTLP over HTTP as JSON, and keeps the spans. */
export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: readonly Exported[];
  requests(): number;
  close(): Promise<void>;
}

export async function openCollector(): Promise<Collector> {
  const spans: Exported[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      for (const { resource, scopeSpans } of (JSON.parse(body) as Sent).resourceSpans) {
        for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
          spans.push({ ...span, attributes: record(span.attributes), resource: record(resource.attributes) });
        }
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Settings that make a fleet export to it, quickly. */
export function exportingTo(collector: Collector): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  };
}

function record(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value: v }) => [key, v.stringValue ?? v.intValue ?? v.boolValue]));
}
