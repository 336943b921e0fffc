import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NOT_HELD, openSandbox } from '@vsmcp/mcp';
import { Confinement } from '@vsmcp/vsm';
import { type Finding, ok, warning } from './finding.js';
import type { Situation } from './situation.js';

type Rungs = readonly { rung: Confinement; ok: boolean; why?: string }[];

/** Which rungs of the ladder hold here, found by trying. */
export async function lookAtConfinement({ config }: Situation): Promise<Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-doctor-'));
  try {
    const { rungs } = await openSandbox(folder);
    return judgeConfinement(rungs, 'wrong' in config ? undefined : config.policy.acquire.confinement);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param wanted the weakest rung that policy accepts */
export function judgeConfinement(rungs: Rungs, wanted: Confinement = 'namespace'): Finding[] {
  const ladder = Confinement.options;
  const best = rungs.find((each) => each.ok)?.rung ?? 'none';
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
  return [first, ok(`${best} does not hold: ${NOT_HELD[best].join('; ')}`)];
}
