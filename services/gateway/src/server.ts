import type { ServiceContext } from '@vsmcp/service';
import { CLOUDEVENTS_BATCH, CLOUDEVENTS_JSON, FRAME, readJson, VsmError } from '@vsmcp/vsm';
import fastify, { type FastifyInstance } from 'fastify';
import { dashboard } from './dashboard.js';
import { failureOf, HttpError } from './failure.js';
import { mcp } from './mcp/endpoint.js';
import { checkOrigin } from './origin-check.js';
import { holdToTable } from './register.js';
import { rest } from './rest.js';
import { MCP_PATH } from './routes/pages.js';
import type { HttpSettings } from './settings.js';
import { stream } from './stream.js';

/**
 * The gateway's HTTP server. It holds every request to what is known of its caller (host, origin, content type), reads
 * bodies as JSON of bounded depth or as frames, and serves the routes that are declared in `routes/`: dashboard, REST,
 * the event stream and MCP. It decides nothing.
 */

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts to listen. Rejects with VSM_CONFIG, naming the setting, when the address cannot be had. */
export async function serve(context: ServiceContext, settings: HttpSettings): Promise<Server> {
  const app = fastify({
    bodyLimit: context.config.settings.max_event_bytes,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1024 },
    // An error before any route reads like every other error.
    frameworkErrors: (error, _, reply) => {
      const { status, body } = failureOf(error);
      reply.hijack();
      reply.raw.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    const { host, origin, 'sec-fetch-site': site, 'content-type': type } = request.headers;
    // an MCP stream is opened with GET, and is not for a page of another site to open
    const reading = ['GET', 'HEAD'].includes(request.method) && request.routeOptions.url !== MCP_PATH;
    checkOrigin({ reading, host, origin, site: typeof site === 'string' ? site : undefined }, settings.names);
    if (request.method === 'POST' && type === undefined) {
      throw new HttpError(415, 'VSM_USAGE', 'a POST has a content type here', 'send application/json');
    }
    void reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
  });
  json(app);
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = failureOf(error);
    if (status >= 500) context.log.warn({ err: error, path: request.url, status }, 'a request failed');
    return reply.code(status).send(body);
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      code: 'VSM_NOT_FOUND',
      message: `nothing is at ${request.method} ${request.url.slice(0, 200)}`,
      mend: 'GET /status is a good place to begin',
    }),
  );
  const complete = holdToTable(app);
  await dashboard(app);
  rest(app, context);
  const endStream = stream(app, context);
  const endMcp = await mcp(app, context);
  complete();
  const url = await listen(app, settings);
  return {
    url,
    async close() {
      await Promise.all([endStream(), endMcp()]);
      await app.close();
    },
  };
}

/** Bodies are JSON of bounded depth, or a frame of events; anything else is refused before it is read. */
function json(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    ['application/json', CLOUDEVENTS_JSON, CLOUDEVENTS_BATCH],
    { parseAs: 'buffer' },
    async (_: unknown, body: Buffer) => readJson(body),
  );
  // It is unpacked where it is published.
  app.addContentTypeParser<Buffer>(FRAME, { parseAs: 'buffer' }, async (_: unknown, body: Buffer) => body);
}

async function listen(app: FastifyInstance, { host, port }: HttpSettings): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why = code === 'EADDRINUSE' ? 'something else listens there' : String(code ?? error);
    throw new VsmError(
      'VSM_CONFIG',
      `the gateway cannot listen on ${host}:${port}: ${why}; set VSMCP_MCP_PORT to a free port (or VSMCP_HTTP_HOST to another address)`,
      { cause: error },
    );
  }
}
