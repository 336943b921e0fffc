import { type FleetConfig, specOfServer } from '@vsmcp/service';
import { type Capability, type Confinement, PERSON, type Response, type Spec, sourceOf, type Tool } from '@vsmcp/vsm';
import { toolRef } from '../deciding/plan.js';

/** A server as it should be here. */
export interface DesiredServer {
  name: string;
  spec: Spec;
  proposal?: string;
  /** Hash of what it may declare; absent until first seen. */
  contract?: string;
  only?: readonly string[];
  /** sha512 of the package that was approved; another is not started. */
  integrity?: string;
  /** The confinement under which an acquired server was approved; under a weaker one it is not started. */
  confinement?: Confinement;
  /** Why it must not run. */
  barred?: string;
  /**
   * Every replica runs it. Otherwise one replica owns it and makes all its calls, so that those which write go one at a
   * time. A server is shared when it says `parallel`, or when all its offered tools are annotated read-only; until its
   * tools are known it is owned.
   */
  shared: boolean;
}

/** The servers of the configuration and of the rows; a row adds what is known of a configured one. */
export function desiredServers(config: FleetConfig, rows: readonly Capability[]): Map<string, DesiredServer> {
  const desired = new Map<string, DesiredServer>();
  for (const [name, server] of Object.entries(config.servers)) {
    const spec = specOfServer(name, server);
    desired.set(name, { name, spec, shared: spec.parallel });
  }
  for (const row of rows) {
    const known = desired.get(row.server);
    if (row.state === 'removed') {
      // The configuration is the operator's word: only there can a configured server be taken out.
      if (row.origin === 'acquired') desired.delete(row.server);
      continue;
    }
    if (known !== undefined && row.origin === 'acquired') continue;
    const spec = known?.spec ?? row.spec;
    const same = sourceOf(spec) === sourceOf(row.spec);
    desired.set(row.server, {
      name: row.server,
      spec,
      shared: spec.parallel || (same && isReadOnly(row.tools, row.only)),
      ...(row.proposal !== undefined && { proposal: row.proposal }),
      ...(same && row.contract !== undefined && { contract: row.contract }),
      ...(row.only !== undefined && { only: row.only }),
      ...(same && row.integrity !== undefined && { integrity: row.integrity }),
      ...(row.origin === 'acquired' && row.confinement !== undefined && { confinement: row.confinement }),
      ...(row.state === 'suspended' && { barred: row.reason ?? 'suspended until System 5 approves it again' }),
    });
  }
  return desired;
}

/** The servers that were acquired and are not removed. */
export function acquiredIn(rows: readonly Capability[]): string[] {
  return rows.filter(({ origin, state }) => origin === 'acquired' && state !== 'removed').map(({ server }) => server);
}

/** Packages that must stay installed: what runs, and what an upgraded server can be rolled back to. */
export function kept(desired: ReadonlyMap<string, DesiredServer>, rows: readonly Capability[]): Set<string> {
  const before = rows.flatMap(({ previous, state }) => (previous && state !== 'removed' ? [previous] : []));
  return new Set([...desired.values(), ...before].map(({ spec }) => sourceOf(spec)));
}

function isReadOnly(tools: readonly Tool[], only: readonly string[] | undefined): boolean {
  const offered = tools.filter((tool) => only === undefined || only.includes(tool.name));
  return offered.length > 0 && offered.every((tool) => tool.annotations?.readOnlyHint === true);
}

/**
 * Owned servers that steps of one response use together must have one owner: the first of them by name leads, and only
 * who leads it campaigns for the others.
 * @returns each owned server with the one that leads it (itself, when it stands alone)
 */
export function headsOf(owned: ReadonlySet<string>, responses: Iterable<Response>): Map<string, string> {
  const heads = new Map([...owned].map((name) => [name, name]));
  const find = (name: string): string => {
    const head = heads.get(name) ?? name;
    return head === name ? name : find(head);
  };
  for (const response of responses) {
    if (typeof response === 'string' || response.then === undefined) continue;
    const calls = [response.call, ...response.then.map((step) => step.call)].filter((call) => call !== PERSON);
    const servers = calls.map((call) => toolRef(call).server);
    const together = servers
      .filter((server) => owned.has(server))
      .map(find)
      .sort();
    for (const head of together.slice(1)) heads.set(head, together[0] ?? head);
  }
  return new Map([...owned].map((name) => [name, find(name)]));
}
