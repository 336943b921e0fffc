import { pathOfSystem } from '@vsmcp/vsm';
import type { Problem } from './problems.js';
import type { FleetConfig } from './schema.js';

/**
 * Units that are systems and cannot be: a fleet above itself, two units for one fleet, or what only other units have.
 */
export function unusableSystems({ path: own, units }: Pick<FleetConfig, 'path' | 'units'>): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  for (const [unit, { system, absorbs = [], responses, wait, gateway }] of Object.entries(units)) {
    const path = ['units', unit];
    if (system === undefined) {
      const message = 'got a value, expected none: only a unit with a system has it';
      if (wait !== undefined) problems.push({ path: [...path, 'wait'], message });
      if (gateway !== undefined) problems.push({ path: [...path, 'gateway'], message });
      continue;
    }
    if (absorbs.length === 0) {
      problems.push({
        path,
        message: 'got a system and nothing for it, expected absorbs: the events that go down to it',
      });
    }
    for (const type of Object.keys(responses)) {
      const message = 'got a response, expected none: the system answers what this unit absorbs';
      problems.push({ path: [...path, 'responses', type], message });
    }
    const below = pathOfSystem(own, unit, system);
    const where = typeof system === 'string' ? [...path, 'system'] : [...path, 'system', 'path'];
    if (typeof system !== 'string' && gateway !== undefined) {
      const message = 'got a port, expected none: a fleet that runs elsewhere has its own gateway there';
      problems.push({ path: [...path, 'gateway'], message });
    }
    if (below === own || own.startsWith(`${below}.`)) {
      const which = below === own ? "this fleet's own" : `that of a fleet above this one (${own})`;
      problems.push({
        path: where,
        message: `got path '${below}', which is ${which}, expected another: fleets form no circle`,
      });
    }
    const owner = owners.get(below);
    if (owner !== undefined) {
      problems.push({
        path: where,
        message: `got path '${below}', which unit '${owner}' has too, expected one of its own`,
      });
    }
    owners.set(below, unit);
  }
  return problems;
}
