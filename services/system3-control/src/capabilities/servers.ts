import { type FleetConfig, specOfServer } from '@vsmcp/service';
import { type Capability, type CapabilityState, type DataOf, isRemote, sameJson } from '@vsmcp/vsm';

/**
 * The servers of vsmcp.yaml as capabilities.
 * @throws VSM_CONFIG naming a server and what is wrong with it
 */
export function configured(servers: FleetConfig['servers']): Capability[] {
  return Object.entries(servers).map(([server, given]) => {
    const spec = specOfServer(server, given);
    const version = isRemote(spec) ? '' : spec.npm.slice(spec.npm.lastIndexOf('@') + 1);
    return { server, origin: 'configured', version, spec, tools: [], state: 'wanted', responses: {} };
  });
}

/**
 * The rows to write so that the table has what the config names: new and changed ones wanted, those that left it
 * removed, what was acquired kept. A configured name wins over an acquired one.
 */
export function reconcile(rows: readonly Capability[], wanted: readonly Capability[]): Capability[] {
  const known = new Map(rows.map((row) => [row.server, row]));
  const changed = wanted.filter((want) => {
    const row = known.get(want.server);
    const same = row?.origin === 'configured' && sameJson(row.spec, want.spec);
    return !same || row.state === 'removed' || row.state === 'failed';
  });
  const names = new Set(wanted.map((want) => want.server));
  const left = rows.filter((row) => row.origin === 'configured' && row.state !== 'removed' && !names.has(row.server));
  return [...changed, ...left.map((row) => ({ ...row, state: 'removed' as const, reason: 'no longer configured' }))];
}

/**
 * The row after a replica said how it stands with a server, or undefined when that is nothing new. What a configured
 * server offers is pinned when first seen; one that offers something else later is suspended.
 * @param readyElsewhere another living replica has it ready: then this one's trouble is not the row's
 */
export function observed(
  row: Capability,
  report: DataOf<typeof CapabilityState>,
  readyElsewhere: boolean,
): Capability | undefined {
  if (row.state === 'removed' || report.state === 'removed') return undefined;
  // Only System 5 lets a suspended one go on, whatever it offers by now.
  const known = [undefined, row.contract, row.offered?.contract];
  if (row.state === 'suspended' && known.includes(report.contract)) return undefined;
  const strange = row.contract !== undefined && report.contract !== undefined && row.contract !== report.contract;
  // A report on an earlier acquisition of the same name is not news of this one.
  if (strange && row.proposal !== report.proposal) return undefined;
  const reported = strange ? 'suspended' : report.state;
  if (reported === 'failed' && readyElsewhere) return undefined;
  const next: Capability = { ...row, state: reported };
  delete next.reason;
  delete next.offered;
  if (reported === 'suspended' && report.contract !== undefined) {
    next.offered = { contract: report.contract, tools: report.tools, suspicions: report.suspicions ?? [] };
  }
  const reason = strange ? 'what it offers is not what was approved' : report.reason;
  if (reason !== undefined && reported !== 'ready') next.reason = reason;
  if (reported === 'ready') {
    // With `only` the report has those tools alone; the row keeps all, so that another can be approved later.
    if (row.only === undefined || row.tools.length === 0) next.tools = report.tools;
    if (report.confinement) next.confinement = report.confinement;
    if (report.suspicions) next.suspicions = report.suspicions;
    else delete next.suspicions;
    next.contract ??= report.contract;
    next.integrity ??= report.integrity;
  }
  return sameJson(row, next) ? undefined : next;
}
