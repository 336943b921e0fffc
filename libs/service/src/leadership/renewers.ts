import type { Database } from '../database/database.js';
import type { Log } from '../log.js';
import { type Renewer, type RenewHereOptions, renewHere } from './renewer.js';
import { ThreadedRenewer } from './threaded.js';
import { monotonicTime } from './timing.js';

interface Shared {
  renewer: Renewer;
  users: number;
}

/** The renewing threads of this process: services that share a database share one, and so one statement. */
const threads = new WeakMap<Database, Map<number, Shared>>();

/** How leases of this database are renewed: on a thread of its own where a second connection can be made, else here. */
export function renewerFor(database: Database, { log, ...here }: RenewHereOptions & { log: Log }): Renewer {
  const { address } = database;
  const ownTime = here.now !== undefined || here.monotonic !== monotonicTime;
  if (address === undefined || ownTime) return renewHere(database, here);
  const byPace = threads.get(database) ?? new Map<number, Shared>();
  threads.set(database, byPace);
  const shared = byPace.get(here.every) ?? {
    renewer: new ThreadedRenewer(database, address, here.every, log),
    users: 0,
  };
  byPace.set(here.every, shared);
  shared.users++;
  return {
    hold: (lease, until, taken) => shared.renewer.hold(lease, until, taken),
    async close() {
      if (--shared.users > 0) return;
      byPace.delete(here.every);
      await shared.renewer.close();
    },
  };
}
