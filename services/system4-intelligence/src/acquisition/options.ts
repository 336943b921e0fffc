import type { Candidate, Capability } from '@vsmcp/vsm';
import { rankCandidates, serverName } from '../matching/candidates.js';
import { matchTools } from '../matching/match.js';
import { matchesOf } from './propose.js';
import type { Option, Saga, State } from './state.js';

const packageOf = (npm: string): string => npm.slice(0, npm.lastIndexOf('@'));

/**
 * The servers that may close a gap, in the order they are looked at: first what the fleet has acquired already and whose tools
 * fit, then the registry's candidates by rank.
 * @param reserved names of servers that are configured
 */
export function optionsFor(
  saga: Saga,
  found: readonly Candidate[],
  rows: readonly Capability[],
  reserved: ReadonlySet<string>,
  state: State,
): Option[] {
  const acquired = rows.filter((row) => row.origin === 'acquired' && row.state !== 'removed');
  const there = acquired
    .filter((row) => row.state === 'ready' && !isServerWish(saga) && matchTools(saga, offeredBy(row)).length > 0)
    .map((row) => installedOption(row, found));
  const names = naming(acquired, reserved, state);
  const fresh = wanted(saga, found, state)
    .filter((one) => !there.some((option) => packageOf(option.candidate.spec.npm) === packageOf(one.spec.npm)))
    .map((candidate) => ({ candidate, server: names(candidate) }));
  return [...there, ...fresh];
}

function isServerWish(saga: Saga): boolean {
  return saga.wish?.server !== undefined;
}

/** What the fleet may use of a server. */
function offeredBy({ tools, only }: Capability) {
  return only ? tools.filter((tool) => only.includes(tool.name)) : tools;
}

function installedOption(row: Capability, found: readonly Candidate[]): Option {
  const { server, version, spec, only, integrity, confinement } = row;
  const registered = found.find((one) => packageOf(one.spec.npm) === packageOf(spec.npm));
  const installed: NonNullable<Option['installed']> = { tools: offeredBy(row) };
  if (only) installed.only = only;
  if (integrity) installed.integrity = integrity;
  if (confinement) installed.confinement = confinement;
  const candidate: Candidate = {
    name: registered?.name ?? server,
    description: registered?.description ?? '',
    version,
    registry: registered?.registry ?? 'acquired',
    spec,
  };
  return { candidate, server, installed };
}

function wanted(saga: Saga, found: readonly Candidate[], state: State): Candidate[] {
  const named = saga.wish?.server?.toLowerCase();
  if (named !== undefined)
    return found.filter((one) =>
      [one.name, one.name.slice(one.name.indexOf('/') + 1), packageOf(one.spec.npm), serverName(one.name, new Set())]
        .map((name) => name.toLowerCase())
        .includes(named),
    );
  const tool = saga.samples.length === 0 ? saga.wish?.tool : undefined;
  const fits = ({ spec }: Candidate) => {
    const probe = state.probes.get(spec.npm);
    if (!probe?.ok) return undefined;
    return tool === undefined ? matchesOf(saga, probe).length > 0 : probe.tools.some((one) => one.name === tool);
  };
  return rankCandidates(tool === undefined ? saga : { type: tool, samples: [] }, found, fits);
}

/** A server keeps the name it was given first; another one's name is not given twice. */
function naming(acquired: readonly Capability[], reserved: ReadonlySet<string>, state: State) {
  const given = new Map<string, string>();
  for (const row of acquired) given.set(packageOf(row.spec.npm), row.server);
  for (const saga of state.sagas.values())
    for (const option of saga.options) {
      const name = packageOf(option.candidate.spec.npm);
      if (!given.has(name)) given.set(name, option.server);
    }
  const taken = new Set([...reserved, ...given.values()]);
  return (candidate: Candidate): string => {
    const name = packageOf(candidate.spec.npm);
    const known = given.get(name);
    if (known !== undefined && !reserved.has(known)) return known;
    const made = serverName(candidate.name, taken);
    given.set(name, made);
    taken.add(made);
    return made;
  };
}
