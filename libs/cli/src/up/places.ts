import { join } from 'node:path';
import { gateway, httpSettings, openGateway } from '@vsmcp/gateway';
import { type Database, type Log, openState, realClock } from '@vsmcp/service';
import { everyFleet, type FleetTree } from '../config/tree.js';
import type { EmbeddedFleet } from './embedded.js';
import { PARTS, type Part } from './fleet-parts.js';
import type { UpSettings } from './settings.js';

interface Around {
  settings: UpSettings;
  database: Database;
  log: Log;
}

/**
 * The fleets that run in this process, each with its place: a schema of the database and a folder of its own. The
 * innermost come first, so that each is there before the one above commands it.
 */
export async function placesOf(tree: FleetTree, around: Around): Promise<EmbeddedFleet[]> {
  const { settings, database, log } = around;
  const folders = new Map<FleetTree, string>();
  place(tree, settings.dataDir, folders);
  const ports = new Map<FleetTree, number | undefined>(inside(tree).map((each) => [each, each.port]));
  const fleets: EmbeddedFleet[] = [];
  for (const each of everyFleet(tree)) {
    const { config, home } = each;
    const outermost = each === tree;
    const own = outermost ? database : await database.within(config.path);
    fleets.push({
      config,
      parts: outermost ? PARTS : partsOf(ports.get(each)),
      prefix: outermost ? '' : `${config.path}/`,
      home: outermost ? settings.home : home,
      dataDir: folders.get(each) ?? settings.dataDir,
      state: await openState(own, config.path, realClock),
      log: outermost ? log : log.child({ fleet: config.path }),
    });
  }
  return fleets;
}

function place(fleet: FleetTree, folder: string, folders: Map<FleetTree, string>): void {
  folders.set(fleet, folder);
  for (const each of fleet.below) place(each, join(folder, 'systems', each.unit), folders);
}

function inside(tree: FleetTree): FleetTree['below'][number][] {
  return tree.below.flatMap((each) => [each, ...inside(each)]);
}

/** A fleet below has a gateway only where its unit names a port. */
function partsOf(port: number | undefined): Part[] {
  return PARTS.flatMap((part) => {
    if (part.service !== gateway) return [part];
    return port === undefined ? [] : [{ ...part, service: openGateway((env) => ({ ...httpSettings(env), port })) }];
  });
}
