import { isInstalled, type Npm } from '@vsmcp/mcp';
import { reasonOf } from '@vsmcp/vsm';
import { broken, type Finding, ok, warning } from './finding.js';
import { rightOnes, type Situation } from './situation.js';

/** ms for one answer of npm. */
const PATIENCE = 8000;

/**
 * npm itself, and its registry; without it, whether what is configured is installed already.
 * @param open throws where there is no npm
 */
export async function lookAtNpm(situation: Situation, open: () => Npm): Promise<Finding[]> {
  let npm: Npm;
  try {
    npm = open();
  } catch (error) {
    return [broken(reasonOf(error), 'install npm (it comes with Node.js), and have it on PATH')];
  }
  const [version, reached, absent] = await Promise.all([
    npm.version(PATIENCE),
    npm.ping(PATIENCE).catch(reasonOf),
    absentServers(situation),
  ]);
  if (typeof reached === 'number') return [ok(`npm ${version}, its registry answers in ${Math.round(reached)} ms`)];
  return [judgeOffline(version, reached, absent)];
}

/** @param absent configured servers that are not installed yet */
export function judgeOffline(version: string, why: string, absent: readonly string[]): Finding {
  const mend = 'connect to the network, or set npm_config_registry to a registry that can be reached';
  if (absent.length > 0) return broken(`npm ${version}, ${why}; not installed yet: ${absent.join(', ')}`, mend);
  return warning(`npm ${version}, ${why}; the configured servers are installed, new ones cannot be`, mend);
}

async function absentServers(situation: Situation): Promise<string[]> {
  const right = rightOnes(situation);
  if (right === undefined) return [];
  const servers = Object.entries(right.config.servers);
  const there = await Promise.all(
    servers.map(([, { npm }]) => npm === undefined || isInstalled(right.settings.dataDir, npm)),
  );
  return servers.filter((_, i) => !there[i]).map(([name]) => name);
}
