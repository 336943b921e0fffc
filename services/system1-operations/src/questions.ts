import type { Answers, ServiceContext } from '@vsmcp/service';
import { pathBelow } from '@vsmcp/vsm';
import type { Catalog } from './catalog.js';
import type { Servers } from './servers/servers.js';
import { sparing } from './sparing.js';

/** Samples (`data`) of each kind of waiting event. */
const SAMPLES = 5;

/** What System 1 can be asked. */
export function answersOf({ clock, config, ledger }: ServiceContext, catalog: Catalog, servers: Servers): Answers {
  // The most frequent kinds are counted over all that waits, and asked for again and again.
  const frequent = sparing(clock, (limit: number) => ledger.waiting(limit, SAMPLES));
  return {
    units: async () => ({
      units: [...catalog.units].map(([name, unit]) => ({
        name,
        absorbs: [...new Set([...(unit.absorbs ?? []), ...Object.keys(unit.responses)])],
        responses: unit.responses,
        weight: unit.weight,
        acquired: catalog.acquired(name),
        ...(unit.system !== undefined && {
          system: typeof unit.system === 'string' ? pathBelow(config.path, name) : unit.system.path,
        }),
      })),
    }),
    waiting: ({ limit, types, after }) => {
      if (types === undefined && after === undefined) return frequent(limit);
      return ledger.waiting(limit, SAMPLES, types === undefined ? { after: after ?? '' } : { types });
    },
    held: (filter) => ledger.held(filter),
    account: () => ledger.account(),
    test: ({ server }) => servers.test(server),
  };
}
