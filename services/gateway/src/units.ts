import type { ServiceContext } from '@vsmcp/service';
import type { FastifyInstance } from 'fastify';
import { accepted } from './petitions.js';
import { askFleet } from './questions.js';
import { serveRoute } from './register.js';
import { ROUTES } from './routes/table.js';

/** Many units take time. ms */
const PATIENCE = 30_000;

/** Units as REST has them: one by its name, as vsmcp.yaml has it; many at once; and those of vsmcp.yaml read anew. */
export function unitRoutes(app: FastifyInstance, context: ServiceContext): void {
  const patience = Math.max(context.config.settings.decision_timeout, PATIENCE);
  serveRoute(app, ROUTES.unit, ({ params }) => askFleet(context, 'units', { name: params.unit }));
  serveRoute(app, ROUTES.setUnit, async ({ params, query, body, by }) => {
    const { by: _, ...unit } = body;
    return accepted(await askFleet(context, 'arrange', { set: { [params.unit]: unit }, by, ...query }, patience));
  });
  serveRoute(app, ROUTES.removeUnit, async ({ params, query, by }) =>
    accepted(await askFleet(context, 'arrange', { remove: [params.unit], by, ...query }, patience)),
  );
  serveRoute(app, ROUTES.arrange, async ({ query, body, by }) =>
    accepted(await askFleet(context, 'arrange', { ...body, by, ...query }, patience)),
  );
  serveRoute(app, ROUTES.configure, async ({ body, by }) =>
    accepted(await askFleet(context, 'configure', { ...body, by }, patience)),
  );
}
