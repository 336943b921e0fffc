import { ANYONE, PERSON, type Unit } from '@vsmcp/vsm';
import { nearest } from './nearest.js';
import type { Problem } from './problems.js';
import type { FleetConfig } from './schema.js';
import { unusableServers } from './servers.js';
import { unusableSystems } from './systems.js';

/** Problems that no schema sees: names that lead nowhere, and units that claim the same events. */
export function inconsistencies(config: FleetConfig): Problem[] {
  return [
    ...unknownServers(config),
    ...ties(config),
    ...unusableServers(config),
    ...unknowableAgents(config),
    ...unusableSystems(config),
    ...impossibleNeeds(config),
    ...unknownUnits(config),
    ...overRate(config),
  ];
}

/** Calls of servers that are not there. @param of.servers by name */
export function unknownServers({
  units,
  servers,
}: {
  units: Readonly<Record<string, Unit>>;
  servers: Readonly<Record<string, unknown>>;
}): Problem[] {
  const known = Object.keys(servers);
  const problems: Problem[] = [];
  const check = (call: string, path: PropertyKey[]) => {
    if (call === PERSON) return;
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

/** The patterns of a unit, each once, with where it stands in it. */
export function patternsOf({ absorbs = [], responses }: Unit): Map<string, PropertyKey[]> {
  const patterns = new Map<string, PropertyKey[]>();
  for (const pattern of absorbs) patterns.set(pattern, ['absorbs']);
  for (const pattern of Object.keys(responses)) patterns.set(pattern, ['responses', pattern]);
  return patterns;
}

function unknownUnits({ policy: { first }, units }: FleetConfig): Problem[] {
  const known = Object.keys(units);
  return first.flatMap((unit, i): Problem[] => {
    if (known.includes(unit)) return [];
    const meant = nearest(unit, known);
    const message = `got unit '${unit}', expected one listed under units${meant ? ` (did you mean '${meant}'?)` : ''}`;
    return [{ path: ['policy', 'first', i], message }];
  });
}

/** A response whose calls are more than the rate of their server allows could never be made. */
function overRate({ units, servers }: FleetConfig): Problem[] {
  const problems: Problem[] = [];
  for (const [unit, { responses }] of Object.entries(units)) {
    for (const [event, response] of Object.entries(responses)) {
      if (typeof response === 'string') continue;
      const calls = [response, ...(response.then ?? [])].map(({ call }) => call.slice(0, call.indexOf('.')));
      for (const server of new Set(calls)) {
        const { rate } = servers[server] ?? {};
        const made = calls.filter((name) => name === server).length;
        if (!rate || made <= rate.calls) continue;
        const message = `got ${made} calls of '${server}', expected at most ${rate.calls}: its rate allows no more in ${rate.per / 1000} s`;
        problems.push({ path: ['units', unit, 'responses', event], message });
      }
    }
  }
  return problems;
}

/** Of two patterns neither is more specific and both match some event only when they are the same. */
function ties({ units }: FleetConfig): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  for (const [name, unit] of Object.entries(units)) {
    for (const [pattern, path] of patternsOf(unit)) {
      const owner = owners.get(pattern);
      if (owner === undefined) owners.set(pattern, name);
      else problems.push({ path: ['units', name, ...path], message: tie(pattern, owner) });
    }
  }
  return problems;
}

/** The problem of a pattern that another unit has. */
export function tie(pattern: string, owner: string): string {
  return `got '${pattern}', which unit '${owner}' has too, expected a pattern that one unit alone has, or a more specific one`;
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

/** A need of what is not there, or of more than there is, would keep the unit from ever running. */
function impossibleNeeds({ pool: { counted }, units }: FleetConfig): Problem[] {
  const problems: Problem[] = [];
  for (const [name, { needs = {} }] of Object.entries(units)) {
    for (const [thing, need] of Object.entries(needs)) {
      const most = counted[thing];
      if (most !== undefined && need <= most) continue;
      const expected =
        most === undefined ? `one of pool.counted (${Object.keys(counted).join(', ') || 'none'})` : `at most ${most}`;
      problems.push({
        path: ['units', name, 'needs', thing],
        message: `got ${need} of '${thing}', expected ${expected}`,
      });
    }
  }
  return problems;
}
