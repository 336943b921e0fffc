import { SYSTEM_NAMES, VIABLE_SYSTEMS } from '@vsmcp/vsm';
import { broken, type Finding, none, ok, warning } from './finding.js';
import type { Situation } from './situation.js';

const NUMBERS = { s1: 1, s2: 2, s3: 3, s4: 4, s5: 5 } as const;

/** The running fleet, if one runs: all systems there, and viable. */
export async function lookAtRunning({ url, fleet }: Situation): Promise<Finding[]> {
  const seen = await fleet();
  if (seen.is === 'nothing') return [none(`none runs at ${url}`)];
  if (seen.is === 'strange') {
    return [broken(`${url}: ${seen.why}`, 'see its log (.vsmcp/logs), or set VSMCP_URL to where the fleet is')];
  }
  const { name, systems, viable, reasons } = seen.status;
  const missing = VIABLE_SYSTEMS.filter((system) => !systems[NUMBERS[system]].instances.some(({ ready }) => ready));
  if (missing.length > 0) {
    const which = missing.map((system) => SYSTEM_NAMES[system]).join(', ');
    const troubles = missing.flatMap((system) =>
      systems[NUMBERS[system]].instances.flatMap(({ trouble }) => Object.values(trouble)),
    );
    const why = troubles.length === 0 ? 'not there' : troubles.join('; ');
    return [
      broken(
        `${name}: ${which} ${missing.length === 1 ? 'is' : 'are'} not ready: ${why}`,
        'see their logs; start what is missing',
      ),
    ];
  }
  if (!viable)
    return [
      warning(
        `${name} is not viable: ${reasons.join('; ')}`,
        'vsmcp variety says what closes the gap, vsmcp held list what waits',
      ),
    ];
  return [ok(`${name} is viable${reasons.length === 0 ? '' : `, though: ${reasons.join('; ')}`}`)];
}
