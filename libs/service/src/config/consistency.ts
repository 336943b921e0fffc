import { ANYONE } from '@vsmcp/vsm';
import { nearest } from './nearest.js';
import type { Problem } from './problems.js';
import type { FleetConfig } from './schema.js';
import { unusableServers } from './servers.js';
import { unusableSystems } from './systems.js';

/** What no schema sees: names that lead nowhere, and units that claim the same events. */
export function inconsistencies(config: FleetConfig): Problem[] {
  return [
    ...unknownServers(config),
    ...ties(config),
    ...unusableServers(config),
    ...unknowableAgents(config),
    ...unusableSystems(config),
  ];
}

function unknownServers({ units, servers }: FleetConfig): Problem[] {
  const known = Object.keys(servers);
  const problems: Problem[] = [];
  const check = (call: string, path: PropertyKey[]) => {
    const server = call.slice(0, call.indexOf('.'));
    if (known.includes(server)) return;
    const meant = nearest(server, known);
    const hint = meant ? ` (did you mean '${meant}'?)` : '';
    const servers = known.length > 0 ? `one of the servers ${known.join(', ')}` : 'a server listed under servers';
    problems.push({ path, message: `got server '${server}', expected ${servers}${hint}` });
  };
  for (const [unit, { responses }] of Object.entries(units)) {
    for (const [event, response] of Object.entries(responses)) {
      if (typeof response === 'string') continue;
      const path = ['units', unit, 'responses', event];
      check(response.call, [...path, 'call']);
      for (const [i, step] of (response.then ?? []).entries()) check(step.call, [...path, 'then', i, 'call']);
    }
  }
  return problems;
}

/** Of two patterns neither is more specific and both match some event only when they are the same. */
function ties({ units }: FleetConfig): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  for (const [unit, { absorbs = [], responses }] of Object.entries(units)) {
    const patterns = new Map<string, PropertyKey[]>();
    for (const pattern of absorbs) patterns.set(pattern, ['units', unit, 'absorbs']);
    for (const pattern of Object.keys(responses)) patterns.set(pattern, ['units', unit, 'responses', pattern]);
    for (const [pattern, path] of patterns) {
      const owner = owners.get(pattern);
      if (owner === undefined) owners.set(pattern, unit);
      else {
        const message = `got '${pattern}', which unit '${owner}' has too, expected a pattern that one unit alone has, or a more specific one`;
        problems.push({ path, message });
      }
    }
  }
  return problems;
}

/** An agent without a token could not be told from anyone, nor two with the same one from each other. */
function unknowableAgents({ gateway }: FleetConfig): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  for (const [name, { token }] of Object.entries(gateway.agents)) {
    const path = ['gateway', 'agents', name];
    if (name === ANYONE) {
      if (token !== undefined)
        problems.push({ path, message: `got a token, expected none: ${ANYONE} is who has none` });
    } else if (token === undefined) {
      problems.push({ path, message: 'got no token, expected token: the sha256 of the token by which it is known' });
    } else if (owners.has(token)) {
      problems.push({ path, message: `got the token of '${owners.get(token)}', expected one of its own` });
    } else owners.set(token, name);
  }
  return problems;
}
