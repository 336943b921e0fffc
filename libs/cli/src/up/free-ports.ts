import { httpSettings } from '@vsmcp/gateway';
import { VsmError } from '@vsmcp/vsm';
import { everyFleet, type FleetTree } from '../config/tree.js';
import { type Address, port } from '../doctor/ports.js';
import type { UpSettings } from './settings.js';

/**
 * Looks whether the ports that a fleet is about to listen on are free, so that a taken one is said before anything
 * starts.
 * @throws VSM_CONFIG naming each that is taken, by whom, and the mend
 */
export async function checkPorts(tree: FleetTree, settings: UpSettings, env: NodeJS.ProcessEnv): Promise<void> {
  const { host, port: gateway } = httpSettings(env);
  const found = await Promise.all([
    taken('gateway', { host, port: gateway }, 'VSMCP_MCP_PORT'),
    taken('metrics', settings.metrics, 'VSMCP_METRICS_PORT'),
    ...[...everyFleet(tree)].flatMap(({ below }) =>
      below.flatMap(({ unit, port: inner }) =>
        inner === undefined ? [] : [taken(`gateway of ${unit}`, { host, port: inner }, `units.${unit}.gateway`)],
      ),
    ),
  ]);
  const problems = found.flat();
  if (problems.length > 0) throw new VsmError('VSM_CONFIG', problems.join('\n'));
}

async function taken(what: string, address: Address, variable: string): Promise<string[]> {
  const { state, what: said, mend } = await port(what, address, variable, async () => undefined);
  return state === 'broken' ? [`${said}\n   → ${mend}`] : [];
}
