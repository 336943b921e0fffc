import { inWords, lookAtMachine, type Rung } from '@vsmcp/mcp';
import { Confinement } from '@vsmcp/vsm';
import { type Finding, none, ok, warning } from './finding.js';
import type { Situation } from './situation.js';

/** Which rungs of the ladder hold here, found by trying, and what the one in use does not hold. */
export async function lookAtConfinement({ config }: Situation): Promise<Finding[]> {
  const { rungs } = await lookAtMachine();
  if ('wrong' in config) return judgeConfinement(rungs);
  const hosted = Object.entries(config.servers).flatMap(([name, { hosts }]) => (hosts.length > 0 ? [name] : []));
  return judgeConfinement(rungs, config.policy.acquire.confinement, hosted);
}

const NONE: Rung = { rung: 'none', reached: 'none', ok: true, gaps: [] };

/**
 * @param wanted the weakest rung that policy accepts
 * @param hosted servers that are to reach some hosts and no others
 */
export function judgeConfinement(
  rungs: readonly Rung[],
  wanted: Confinement = 'namespace',
  hosted: readonly string[] = [],
): Finding[] {
  const ladder = Confinement.options;
  const { rung: best, reached: held, gaps, why: lack } = rungs.find((each) => each.ok) ?? NONE;
  const missing = rungs.filter((each) => !each.ok && ladder.indexOf(each.rung) < ladder.indexOf(best));
  const needs = [
    ...(lack === undefined ? [] : [`${best}: ${lack}`]),
    ...missing.map(({ rung, why = 'it does not hold here' }) => `${rung}: ${why}`),
  ];
  const amounts = held === best ? '' : `, which amounts to ${held} here`;
  const reached = `servers are confined by ${best}${amounts}`;
  const first =
    ladder.indexOf(held) > ladder.indexOf(wanted)
      ? warning(
          `${reached}, and policy wants at least ${wanted}: nothing is acquired`,
          needs.join('; ') || 'use Linux with user namespaces',
        )
      : ok(`${reached}${needs.length === 0 ? '' : ` · stronger: ${needs.join('; ')}`}`);
  const loose =
    hosted.length > 0 && gaps.includes('hosts')
      ? [
          warning(
            `${hosted.join(', ')} may reach some hosts, and ${best} does not hold them to these`,
            needs.join('; ') || 'use Linux with user namespaces',
          ),
        ]
      : [];
  return [first, ...loose, ...gaps.map((gap) => none(`${best} does not hold: ${inWords(gap)}`))];
}
