import { type ServiceContext, unknownServers } from '@vsmcp/service';
import type { Units } from '@vsmcp/vsm';
import { movedSystems } from './systems.js';
import { type Changes, type UnitTable, unitsSet } from './unit-table.js';
import { toolsOf } from './unit-tools.js';

/**
 * All that is wrong with units that are to be set, each with its place in vsmcp.yaml; System 1 examines their
 * expressions.
 */
export async function problemsOf(context: ServiceContext, changes: Changes, table: UnitTable): Promise<string[]> {
  const set = unitsSet(changes);
  const { rows: known } = await context.capabilities.read();
  const servers = Object.fromEntries(
    known.filter(({ state }) => state !== 'removed').map(({ server }) => [server, true]),
  );
  const unknown = unknownServers({ units: set, servers }).map(
    ({ path, message }) => `${path.map(String).join('.')}: ${message}`,
  );
  const { problems } = await context.ask('examine', { units: set });
  return [...unknown, ...table.ties(changes), ...problems, ...movedSystems(set, context.config.units)];
}

/** The rule of System 5's policy that forbids somebody these units; undefined when nothing is forbidden. */
export async function forbidden(context: ServiceContext, set: Units, by: string): Promise<string | undefined> {
  for (const { server, tool, names } of toolsOf(set)) {
    const asked = { action: 'unit', by, arguments: names, ...(server && { server, tool }) };
    const { permitted, rule, because } = await context.ask('permit', asked);
    if (!permitted) return `${rule}: ${because}`;
  }
  return undefined;
}
