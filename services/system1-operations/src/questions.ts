import type { Answers, ServiceContext } from '@vsmcp/service';
import type { Catalog } from './catalog.js';
import type { Servers } from './servers/servers.js';

/** Samples (`data`) of each kind of waiting event. */
const SAMPLES = 5;

/** What System 1 can be asked. */
export function answersOf({ ledger }: ServiceContext, catalog: Catalog, servers: Servers): Answers {
  return {
    units: async () => ({
      units: [...catalog.units].map(([name, unit]) => ({
        name,
        absorbs: [...new Set([...(unit.absorbs ?? []), ...Object.keys(unit.responses)])],
        responses: unit.responses,
        weight: unit.weight,
        acquired: catalog.acquired(name),
      })),
    }),
    waiting: ({ limit }) => ledger.waiting(limit, SAMPLES),
    held: (filter) => ledger.held(filter),
    account: () => ledger.account(),
    test: ({ server }) => servers.test(server),
  };
}
