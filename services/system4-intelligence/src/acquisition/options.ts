import { type Candidate, type Capability, isRemote, packageOf, type ServerSpec } from '@vsmcp/vsm';
import { type RankedCandidate, rankCandidates, serverName } from '../matching/candidates.js';
import { SURE } from '../matching/grounds.js';
import { isWish, matchesOf, needOf } from './propose.js';
import type { Option, Saga, State } from './state.js';

/** The need that options are sought for. */
type Sought = Pick<Saga, 'type' | 'samples' | 'wish'>;

/** A server that runs here, from a package: registries name only such, and only such are acquired. */
type Packaged = Capability & { spec: ServerSpec };

export function packagedIn(rows: readonly Capability[]): Packaged[] {
  return rows.flatMap((row) => (isRemote(row.spec) ? [] : [{ ...row, spec: row.spec }]));
}

/**
 * The servers that may close a gap, in the order they are looked at: first what the fleet has acquired already and
 * whose tools fit, then the registry's candidates by rank.
 * @param reserved names of servers that are configured
 */
export function optionsFor(
  saga: Sought,
  found: readonly Candidate[],
  rows: readonly Capability[],
  reserved: ReadonlySet<string>,
  state: State,
): Option[] {
  const acquired = packagedIn(rows).filter((row) => row.origin === 'acquired' && row.state !== 'removed');
  const offered = wanted(saga, found, state);
  const ranks = new Map(offered.map(({ candidate, rank }) => [packageOf(candidate.spec.npm), rank]));
  const there = acquired
    .filter(
      (row) => row.state === 'ready' && !isServerWish(saga) && matchesOf(saga, { tools: offeredBy(row) }).length > 0,
    )
    .map((row) => installedOption(row, found, ranks.get(packageOf(row.spec.npm)) ?? 0));
  const names = naming(acquired, reserved, state);
  const fresh = offered
    .filter(
      ({ candidate: { spec } }) => !there.some((one) => packageOf(one.candidate.spec.npm) === packageOf(spec.npm)),
    )
    .map(({ candidate, rank }) => ({ candidate, server: names(candidate), rank }));
  return [...there, ...fresh];
}

/** The tool of a server that the fleet has, configured or acquired, that is plainly what somebody wished for. */
export function alreadyThere(saga: Sought, rows: readonly Capability[]): string | undefined {
  if (!isWish(saga) || isServerWish(saga)) return undefined;
  for (const row of rows) {
    if (row.state !== 'ready') continue;
    const match = matchesOf(saga, { tools: offeredBy(row) }).find(({ grounds }) => grounds >= SURE);
    if (match) return `${row.server}.${match.tool}`;
  }
  return undefined;
}

function isServerWish(saga: Sought): boolean {
  return saga.wish?.server !== undefined;
}

/** The tools of a server that the fleet may use. */
function offeredBy({ tools, only }: Capability) {
  return only ? tools.filter((tool) => only.includes(tool.name)) : tools;
}

function installedOption(row: Packaged, found: readonly Candidate[], rank: number): Option {
  const { server, name, version, spec, only, integrity, mcpName, suspicions, confinement } = row;
  const registered = found.find((one) => packageOf(one.spec.npm) === packageOf(spec.npm));
  const installed: NonNullable<Option['installed']> = { tools: offeredBy(row) };
  if (only) installed.only = only;
  if (integrity) installed.integrity = integrity;
  if (mcpName) installed.mcpName = mcpName;
  if (suspicions) installed.suspicions = suspicions;
  if (confinement) installed.confinement = confinement;
  const candidate: Candidate = {
    name: registered?.name ?? name ?? server,
    description: registered?.description ?? '',
    version,
    registry: registered?.registry ?? 'acquired',
    spec,
  };
  return { candidate, server, installed, rank };
}

function wanted(saga: Sought, found: readonly Candidate[], state: State): RankedCandidate[] {
  const called = saga.wish?.server?.toLowerCase();
  if (called !== undefined) {
    const isCalled = (one: Candidate) =>
      [one.name, one.name.slice(one.name.indexOf('/') + 1), packageOf(one.spec.npm), serverName(one.name, new Set())]
        .map((name) => name.toLowerCase())
        .includes(called);
    return found.filter(isCalled).map((candidate) => ({ candidate, rank: 1 }));
  }
  const fits = ({ spec }: Candidate) => {
    const probe = state.probes.get(spec.npm);
    return probe?.ok ? matchesOf(saga, probe).length > 0 : undefined;
  };
  return rankCandidates(needOf(saga), found, fits);
}

/** A server keeps the name it was given first; another one's name is not given twice. */
function naming(acquired: readonly Packaged[], reserved: ReadonlySet<string>, state: State) {
  const given = new Map<string, string>();
  for (const row of acquired) given.set(packageOf(row.spec.npm), row.server);
  for (const saga of state.sagas.values())
    for (const option of saga.options ?? []) {
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
