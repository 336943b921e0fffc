import type { ServiceContext } from '@vsmcp/service';
import type { FastifyInstance } from 'fastify';
import { HttpError, Refused } from './failure.js';
import { accepted } from './petitions.js';
import { publishEvents } from './publish.js';
import { askFleet, DISCOVERY, put, SLACK } from './questions.js';
import { serveRoute } from './register.js';
import { READS } from './routes/reads.js';
import type { Route } from './routes/route.js';
import { ROUTES } from './routes/table.js';
import { unitRoutes } from './units.js';

/** A server has a few seconds to answer a ping. ms */
const TEST = 8000;

/**
 * The REST interface: questions as GET, events and petitions as POST. It decides nothing: what is declared in `routes/`
 * is put to the system that answers it.
 */
export function rest(app: FastifyInstance, context: ServiceContext): void {
  reads(app, context);
  looks(app, context);
  events(app, context);
  operations(app, context);
  unitRoutes(app, context);
  petitions(app, context);
}

function reads(app: FastifyInstance, context: ServiceContext): void {
  const routes: readonly Route[] = Object.values(READS);
  for (const route of routes) {
    for (const name of route.rights.asks) {
      serveRoute(app, route, ({ query }) => put(context, name, query, name === 'discover' ? DISCOVERY : undefined));
    }
  }
}

function looks(app: FastifyInstance, context: ServiceContext): void {
  serveRoute(app, ROUTES.heldEvent, async ({ params }) => {
    const { held } = await askFleet(context, 'held', { ...params, limit: 1 });
    if (held[0]) return held[0];
    throw new HttpError(
      404,
      'VSM_NOT_FOUND',
      `no held event has source ${params.source} and id ${params.id}`,
      'GET /held lists them',
    );
  });
  serveRoute(app, ROUTES.testServer, async ({ params }) => {
    const first = await askFleet(context, 'test', params, TEST);
    return first.elsewhere === undefined ? first : askFleet(context, 'test', params, TEST, first.elsewhere);
  });
}

function events(app: FastifyInstance, context: ServiceContext): void {
  const { method, path: url, status } = ROUTES.publish;
  app.route({
    method,
    url,
    handler: async (request, reply) => {
      const contentType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
      const events = await publishEvents(context, contentType, request.body);
      const taken = { accepted: events.length, events: events.map(({ source, id, type }) => ({ source, id, type })) };
      const [only] = events;
      return reply.code(status).send(only && events.length === 1 ? { ...taken, id: only.id } : taken);
    },
  });
}

function operations(app: FastifyInstance, context: ServiceContext): void {
  serveRoute(app, ROUTES.operate, async ({ body, by }) => {
    const answer = await askFleet(context, 'operate', { ...body, by }, body.wait + SLACK);
    if (answer.refused !== undefined) throw new Refused(answer, answer.refused);
    return answer;
  });
}

/** Petitions that are accepted or refused. */
function petitions(app: FastifyInstance, context: ServiceContext): void {
  const patience = context.config.settings.decision_timeout;
  serveRoute(app, ROUTES.acquire, async ({ body, by }) =>
    accepted(await askFleet(context, 'acquire', { ...body, by }, patience)),
  );
  for (const how of ['upgrade', 'rollback', 'dismiss'] as const) {
    serveRoute(app, ROUTES[how], async ({ params, body, by }) =>
      accepted(await askFleet(context, 'change', { ...body, ...params, how, by }, patience)),
    );
  }
  for (const how of ['replay', 'discard', 'done'] as const) {
    serveRoute(app, ROUTES[how], async ({ body, by }) =>
      accepted(await askFleet(context, 'settle', { ...body, how, by }, patience)),
    );
  }
  serveRoute(app, ROUTES.answer, async ({ params, body, by }) =>
    accepted(await askFleet(context, 'answer', { ...body, ...params, by }, patience)),
  );
  serveRoute(app, ROUTES.decide, async ({ params, body, by }) =>
    accepted(await askFleet(context, 'decide', { ...body, ...params, by }, patience)),
  );
  serveRoute(app, ROUTES.prefer, async ({ body, by }) =>
    accepted(await askFleet(context, 'prefer', { ...body, by }, patience)),
  );
  serveRoute(app, ROUTES.prioritize, async ({ body, by }) =>
    accepted(await askFleet(context, 'prioritize', { ...body, by }, patience)),
  );
  serveRoute(app, ROUTES.acknowledge, ({ body, by }) => askFleet(context, 'acknowledge', { ...body, by }, patience));
}
