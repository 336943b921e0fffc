import type { ServiceContext } from '@vsmcp/service';
import type { QuestionName } from '@vsmcp/vsm';
import type { FastifyInstance } from 'fastify';
import { HttpError } from './failure.js';
import { accepted, petition, withReason } from './petitions.js';
import { publishEvents } from './publish.js';
import { DISCOVERY, fromQuery, put, SLACK } from './questions.js';
import { unitRoutes } from './units.js';

/** Path → the question behind it. Reading changes nothing. */
const READS = {
  '/status': 'status',
  '/systems': 'systems',
  '/variety': 'variety',
  '/recursion': 'recursion',
  '/units': 'units',
  '/capabilities': 'capabilities',
  '/capabilities/discover': 'discover',
  '/acquisitions': 'acquisitions',
  '/held': 'held',
  '/journal': 'journal',
  '/decisions': 'decisions',
  '/alerts': 'alerts',
  '/policies': 'policies',
  '/coordination': 'coordination',
  '/control': 'control',
  '/waiting': 'waiting',
  '/account': 'account',
} as const satisfies Record<string, QuestionName>;

/** A server has a few seconds to answer a ping. ms */
const TEST = 8000;

/** The REST interface: questions as GET, events and petitions as POST. */
export function routes(app: FastifyInstance, context: ServiceContext): void {
  for (const [path, question] of Object.entries(READS)) {
    const timeout = question === 'discover' ? DISCOVERY : undefined;
    app.get(path, async ({ query }) => put(context, question, fromQuery(query), timeout));
  }

  app.get<{ Params: { source: string; id: string } }>('/held/:source/:id', async ({ params }) => {
    const { held } = await put(context, 'held', { ...params, limit: 1 });
    if (held[0]) return held[0];
    throw new HttpError(
      404,
      'VSM_NOT_FOUND',
      `no held event has source ${params.source} and id ${params.id}`,
      'GET /held lists them',
    );
  });

  app.get<{ Params: { server: string } }>('/capabilities/:server/test', async ({ params }) => {
    const first = await put(context, 'test', params, TEST);
    return first.elsewhere === undefined ? first : put(context, 'test', params, TEST, first.elsewhere);
  });

  app.post('/events', async (request, reply) => {
    const contentType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
    const events = await publishEvents(context, contentType, request.body);
    return reply.code(202).send({
      accepted: events.length,
      ...(events.length === 1 ? { id: events[0]?.id } : {}),
      events: events.map(({ source, id, type }) => ({ source, id, type })),
    });
  });

  app.post('/operations', async (request, reply) => {
    const body = petition(request);
    const wait = typeof body.wait === 'number' ? body.wait : 30_000;
    const answer = await put(context, 'operate', body, wait + SLACK);
    return reply.code(answer.refused === undefined ? 200 : 409).send(withReason(answer, answer.refused));
  });
  const patience = context.config.settings.decision_timeout;
  app.post('/capabilities/acquire', async (request, reply) =>
    accepted(reply, await put(context, 'acquire', petition(request), patience)),
  );
  for (const how of ['upgrade', 'rollback', 'dismiss'] as const) {
    app.post<{ Params: { server: string } }>(`/capabilities/:server/${how}`, async (request, reply) =>
      accepted(
        reply,
        await put(context, 'change', { ...petition(request), server: request.params.server, how }, patience),
      ),
    );
  }
  for (const how of ['replay', 'discard', 'done'] as const) {
    app.post(`/held/${how}`, async (request, reply) =>
      accepted(reply, await put(context, 'settle', { ...petition(request), how }, patience)),
    );
  }
  app.post<{ Params: { id: string } }>('/held/:id/answer', async (request, reply) =>
    accepted(reply, await put(context, 'answer', { ...petition(request), id: request.params.id }, patience)),
  );
  app.post<{ Params: { proposal: string } }>('/decisions/:proposal', async (request, reply) =>
    accepted(
      reply,
      await put(context, 'decide', { ...petition(request), proposal: request.params.proposal }, patience),
    ),
  );
  unitRoutes(app, context);
  app.post('/coordination/prefer', async (request, reply) =>
    accepted(reply, await put(context, 'prefer', petition(request), patience)),
  );
  app.put('/policy/priority', async (request, reply) =>
    accepted(reply, await put(context, 'prioritize', petition(request), patience)),
  );
  app.post('/alerts/acknowledge', async (request) => put(context, 'acknowledge', petition(request), patience));
}
