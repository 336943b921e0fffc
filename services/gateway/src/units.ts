import type { ServiceContext } from '@vsmcp/service';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { accepted, petition } from './petitions.js';
import { put } from './questions.js';

/** Bytes of all units of a fleet: 10,000 and more. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Units as REST has them: one by its name, as vsmcp.yaml has it; many at once; and those of vsmcp.yaml read anew. */
export function unitRoutes(app: FastifyInstance, context: ServiceContext): void {
  const patience = Math.max(context.config.settings.decision_timeout, 30_000);
  const all = { bodyLimit: MOST_BYTES };

  app.get<{ Params: { unit: string } }>('/units/:unit', async ({ params }) =>
    put(context, 'units', { name: params.unit }),
  );
  app.put<{ Params: { unit: string } }>('/units/:unit', async (request, reply) => {
    const { by, ...unit } = petition(request);
    const asked = { set: { [request.params.unit]: unit }, by, ...why(request) };
    return accepted(reply, await put(context, 'arrange', asked, patience));
  });
  app.delete<{ Params: { unit: string } }>('/units/:unit', async (request, reply) => {
    const { by } = petition({ headers: request.headers, body: {} });
    const asked = { remove: [request.params.unit], by, ...why(request) };
    return accepted(reply, await put(context, 'arrange', asked, patience));
  });
  app.patch('/units', all, async (request, reply) =>
    accepted(reply, await put(context, 'arrange', { ...petition(request), ...why(request) }, patience)),
  );
  app.put('/units', all, async (request, reply) =>
    accepted(reply, await put(context, 'configure', petition(request), patience)),
  );
}

/** The reason may stand in the query, where the body is the unit itself. */
function why({ query }: FastifyRequest): { because?: string } {
  const because = typeof query === 'object' && query !== null && 'because' in query ? query.because : undefined;
  return typeof because === 'string' ? { because } : {};
}
