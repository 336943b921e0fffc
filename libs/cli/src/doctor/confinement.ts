import { inWords, lookAtMachine, type Rung } from '@vsmcp/mcp';
import { Confinement } from '@vsmcp/vsm';
import { type Finding, ok, warning } from './finding.js';
import type { Situation } from './situation.js';

/** Which rungs of the ladder hold here, found by trying, and what the one in use does not hold. */
export async function lookAtConfinement({ config }: Situation): Promise<Finding[]> {
  const { rungs } = await lookAtMachine();
  return judgeConfinement(rungs, 'wrong' in config ? undefined : config.policy.acquire.confinement);
}

/** @param wanted the weakest rung that policy accepts */
export function judgeConfinement(rungs: readonly Rung[], wanted: Confinement = 'namespace'): Finding[] {
  const ladder = Confinement.options;
  const { rung: best, gaps } = rungs.find((each) => each.ok) ?? { rung: 'none' as const, gaps: [] };
  const missing = rungs.filter((each) => !each.ok && ladder.indexOf(each.rung) < ladder.indexOf(best));
  const needs = missing.map(({ rung, why = 'it does not hold here' }) => `${rung}: ${why}`);
  const reached = `servers are confined by ${best}`;
  const first =
    ladder.indexOf(best) > ladder.indexOf(wanted)
      ? warning(
          `${reached}, and policy wants at least ${wanted}: nothing is acquired`,
          needs.join('; ') || 'use Linux with user namespaces',
        )
      : ok(`${reached}${needs.length === 0 ? '' : ` · stronger: ${needs.join('; ')}`}`);
  return [first, ...gaps.map((gap) => ok(`${best} does not hold: ${inWords(gap)}`))];
}
