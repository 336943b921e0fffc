import { type Asked, type Capability, type DataOf, grantsOf, isRemote, type Proposal, packageOf } from '@vsmcp/vsm';

type Proposed = DataOf<typeof Proposal>;

/** The proposal that a request about a server of the fleet amounts to; `refused` says why it can be none. */
export function changeOf(
  asked: Asked<'change'>,
  rows: readonly Capability[],
  proposal: string,
): { proposal: Proposed } | { refused: string } {
  const row = rows.find(({ server, state }) => server === asked.server && state !== 'removed');
  if (!row) return { refused: `there is no server ${asked.server}` };
  if (row.origin === 'configured') {
    return {
      refused: `${row.server} is configured: change servers.${row.server} in vsmcp.yaml and start the fleet anew`,
    };
  }
  if (isRemote(row.spec)) return { refused: `${row.server} runs elsewhere: there is no version of it here` };
  const { how, version, by } = asked;
  const said = asked.because || `${by} asked for it`;
  const base = {
    proposal,
    type: '',
    waiting: 0,
    server: row.server,
    grants: grantsOf(row.spec),
    arguments: [],
    calls: [],
  };
  const candidate = { name: row.name ?? row.server, description: '', registry: row.origin };
  const held = { ...candidate, version: row.version, spec: row.spec };
  if (how === 'dismiss') return { proposal: { ...base, stage: how, candidate: held, by, because: said } };
  if (how === 'rollback') {
    const { previous } = row;
    if (!previous) return { refused: `${row.server} was not upgraded: there is nothing to roll back to` };
    const before = { ...candidate, version: previous.version, spec: previous.spec };
    return { proposal: { ...base, stage: how, grants: grantsOf(previous.spec), candidate: before, by, because: said } };
  }
  if (!version || !/^\d+\.\d+\.\d+[\w.+-]*$/.test(version)) {
    return { refused: `name the exact version to upgrade to, such as ${row.version}` };
  }
  if (version === row.version) return { refused: `${row.server} is at ${version} already` };
  const spec = { ...row.spec, npm: `${packageOf(row.spec.npm)}@${version}` };
  return { proposal: { ...base, stage: how, candidate: { ...candidate, version, spec }, by, because: said } };
}
