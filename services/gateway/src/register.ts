import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { HttpError } from './failure.js';
import { fromQuery } from './questions.js';
import { NO_BODY, type Route } from './routes/route.js';
import { ROUTES } from './routes/table.js';

/** A request as its route declares it, checked, and who asks. */
export interface Asked<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  params: z.output<P>;
  query: z.output<Q>;
  body: z.output<B>;
  by: string;
}

/**
 * Serves a declared route: the request is checked against its schemas, what `answer` resolves with is its output.
 * A request that does not fit is 422.
 */
export function serveRoute<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, O extends z.ZodType>(
  app: FastifyInstance,
  route: Route<P, Q, B, O>,
  answer: (asked: Asked<P, Q, B>) => Promise<z.output<O>>,
): void {
  const { method, path: url, bodyLimit, params, query, body, status } = route;
  app.route({
    method,
    url,
    ...(bodyLimit !== undefined && { bodyLimit }),
    handler: async (request, reply) => {
      const output = await answer({
        params: fitting(params, request.params),
        query: fitting(query, fromQuery(request.query)),
        body: fitting(body, isBodiless(body) ? undefined : request.body),
        by: principalOf(request),
      });
      return reply.code(status).send(output);
    },
  });
}

function isBodiless(body: z.ZodType): boolean {
  return body === NO_BODY;
}

/** @throws HttpError 422 with all that does not fit */
function fitting<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new HttpError(422, 'VSM_USAGE', z.prettifyError(parsed.error));
}

/** Principal who asks: the header `x-vsmcp-by`, what the body says, or `local`. */
function principalOf({ headers, body }: FastifyRequest): string {
  const header = headers['x-vsmcp-by'];
  const said = typeof body === 'object' && body !== null && 'by' in body ? body.by : undefined;
  return (typeof header === 'string' && header.slice(0, 200)) || (typeof said === 'string' && said) || 'local';
}

/**
 * Holds a server to the table of routes, from here on: a route that is not declared is refused where it is registered.
 * @returns to be called once all are registered: throws for a declaration that nothing serves
 */
export function holdToTable(app: FastifyInstance, routes: Readonly<Record<string, Route>> = ROUTES): () => void {
  const declared = new Set(Object.values(routes).map(({ method, path }) => `${method} ${path}`));
  const served = new Set<string>();
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) {
      // Fastify serves HEAD beside every GET by itself.
      if (one === 'HEAD') continue;
      const key = `${one} ${url}`;
      if (!declared.has(key)) throw new Error(`${key} is not declared; add it to services/gateway/src/routes/`);
      served.add(key);
    }
  });
  return () => {
    const missing = [...declared].filter((key) => !served.has(key));
    if (missing.length > 0) throw new Error(`declared, and served by nothing: ${missing.join(', ')}`);
  };
}
