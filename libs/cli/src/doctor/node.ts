import { broken, type Finding, ok } from './finding.js';

/** The oldest Node.js that runs the fleet. */
const OLDEST = [20, 19] as const;

/** @param version as `process.versions.node` has it */
export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wanted, least] = OLDEST;
  if (major > wanted || (major === wanted && minor >= least)) return ok(`Node.js ${version}`);
  return broken(
    `Node.js ${version}, at least ${OLDEST.join('.')} is needed`,
    'install Node.js 24 from https://nodejs.org',
  );
}
