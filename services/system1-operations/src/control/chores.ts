import type { ServiceContext } from '@vsmcp/service';
import { Stock } from '@vsmcp/vsm';
import type { Parts } from '../parts.js';
import { acquiredIn, desiredServers, headsOf, kept } from '../servers/desired.js';
import type { Chores } from './upkeep.js';

/**
 * Keeps units, servers and what waits as the tables of units and capabilities say. @param expect told when what units
 * expect has changed
 */
export function choresOf(context: ServiceContext, parts: Parts, expect: () => Promise<void>): Chores {
  const { config, log, clock } = context;
  const { breakers, catalog, host, live, servers, settling, sweep, windows } = parts;
  const tellStock = stocktaking(context, parts);
  /** The units changed, and whoever judges silence does not know yet. */
  let expectsOthers = false;

  return {
    async reload() {
      if (await live.refresh()) {
        breakers.keep(catalog.units);
        expectsOthers = true;
      }
      const { rows, version } = await context.capabilities.read();
      tellStock(version, rows);
      catalog.update(rows, (server, reason) => log.warn({ server, reason }, 'an acquired response is left out'));
      const desired = desiredServers(config, rows);
      const removed = rows.filter((row) => !desired.has(row.server)).map((row) => row.server);
      const owned = new Set([...desired.values()].filter(({ shared }) => !shared).map(({ name }) => name));
      await servers.update({ desired, removed, heads: headsOf(owned, catalog.responses()) });
      sweep.run();
      if (expectsOthers) await expect();
      expectsOthers = false;
    },
    async tidy() {
      windows.prune(clock.now());
      await settling.sayUnsaid();
      await sweep.abandoned();
    },
    async uninstall() {
      const { rows } = await context.capabilities.read();
      await host.installer.uninstall(kept(desiredServers(config, rows), rows));
    },
  };
}

/** Tells System 2 once of each version of the table which servers are there. */
function stocktaking(context: ServiceContext, { track }: Parts) {
  const { instance } = context;
  let told: number | undefined;
  return (version: number, rows: Parameters<typeof acquiredIn>[0]) => {
    if (version === told) return;
    track(context.say(Stock, `stock.${instance}`, { instance, version, servers: acquiredIn(rows) }));
    told = version;
  };
}
