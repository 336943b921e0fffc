import { reasonOf, VsmError } from '@vsmcp/vsm';
import fastify from 'fastify';
import type { Readiness } from '../chassis/presence.js';
import { expose, type Family, OPENMETRICS, PROMETHEUS } from '../metrics/families.js';

export interface HealthOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** The services that run in this process, by name, each time anew. */
  services: () => Record<string, Readiness> | Promise<Record<string, Readiness>>;
  /** Absent: no /metrics. */
  metrics?: { families(): Promise<Family[]> };
}

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The server that is asked by whatever watches a process. /health: it runs (restart it when this fails). /ready: 200 or
 * 503 with the reasons; a broker or database that is away makes it not ready, and is no reason for a restart. /metrics:
 * Prometheus text, OpenMetrics with exemplars for who accepts it, and JSON for who puts several together.
 * @throws VSM_CONFIG when it cannot listen there
 */
export async function openHealth({ host, port, services, metrics }: HealthOptions): Promise<HealthServer> {
  const server = fastify({ logger: false, forceCloseConnections: true });
  server.get('/health', async () => ({ status: 'ok' }));
  server.get('/ready', async (_, reply) => {
    const all = await services();
    const ready = Object.values(all).every((service) => service.ready);
    return reply.code(ready ? 200 : 503).send({ ready, services: all });
  });
  if (metrics) {
    server.get('/metrics', async ({ headers: { accept = '' } }, reply) => {
      const families = await metrics.families();
      if (accept.startsWith('application/json')) return families;
      const format = accept.includes('application/openmetrics-text') ? OPENMETRICS : PROMETHEUS;
      return reply.type(format).send(expose(families, format));
    });
  }
  try {
    return { url: await server.listen({ host, port }), close: () => server.close() };
  } catch (error) {
    await server.close();
    throw new VsmError(
      'VSM_CONFIG',
      `/health cannot be served on ${host}:${port}: ${reasonOf(error)}; set VSMCP_METRICS_PORT to a free port (0: any)`,
      { cause: error },
    );
  }
}
