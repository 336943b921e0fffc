import { reasonOf, VsmError } from '@vsmcp/vsm';
import fastify from 'fastify';
import type { Readiness } from '../chassis/presence.js';
import type { ProcessMetrics } from '../metrics.js';

export interface HealthOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** What runs in this process, by name, each time anew. */
  services: () => Record<string, Readiness>;
  /** Absent: no /metrics. */
  metrics?: ProcessMetrics;
}

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * What watches a process asks here. /health: it runs (restart it when this fails). /ready: 200 or 503 with the reasons; a broker or
 * database that is away makes it not ready, and is no reason for a restart. /metrics: Prometheus text.
 * @throws VSM_CONFIG when it cannot listen there
 */
export async function openHealth({ host, port, services, metrics }: HealthOptions): Promise<HealthServer> {
  const server = fastify({ logger: false, forceCloseConnections: true });
  server.get('/health', async () => ({ status: 'ok' }));
  server.get('/ready', async (_, reply) => {
    const all = services();
    const ready = Object.values(all).every((service) => service.ready);
    return reply.code(ready ? 200 : 503).send({ ready, services: all });
  });
  if (metrics) {
    server.get('/metrics', async (_, reply) => reply.type('text/plain; version=0.0.4').send(await metrics.text()));
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
