import type { ServerConnection } from '@vsmcp/mcp';
import { type Answer, reasonOf, VsmError, type VsmErrorCode } from '@vsmcp/vsm';
import type { DesiredServer } from './desired.js';
import type { Server, Trouble } from './server.js';

/** ms that a server has to answer a ping. */
const PING = 5000;

type Tested = Answer<'test'>;

/** Which server, and who answers. */
type Here = Pick<Tested, 'server' | 'instance'>;

/** How a server of this replica does: a ping, and what it offers; or why it cannot be used, and the mend. */
export async function tested(here: Here, wanted: DesiredServer, server: Server | undefined): Promise<Tested> {
  const connection = server?.connection;
  if (wanted.barred !== undefined || !connection?.alive) return { ...here, ...unusable(wanted, server?.trouble) };
  const { protocol, ...serverInfo } = connection.identity;
  const tools = connection.tools.map(({ name }) => name).filter((name) => server?.tool(name) !== undefined);
  const known = { ...here, protocol, serverInfo, tools, ...confined(connection) };
  try {
    return { ok: true, latency: await connection.ping(PING), ...known };
  } catch (error) {
    const { lastWords } = connection;
    const reason = lastWords === '' ? reasonOf(error) : `${reasonOf(error)}; its last words: ${lastWords}`;
    return {
      ok: false,
      ...known,
      reason,
      mend: mendOf(wanted.name, error instanceof VsmError ? error.code : undefined),
    };
  }
}

const confined = ({ confinement }: ServerConnection) => (confinement === undefined ? {} : { confinement });

/** Another replica runs it, or nobody does yet. */
export function notHere(here: Here, elsewhere: string | undefined): Tested {
  if (elsewhere !== undefined) return { ...here, ok: false, elsewhere, tools: [], reason: `it runs at ${elsewhere}` };
  return { ...here, ok: false, tools: [], reason: 'no replica runs it yet', mend: 'try again in a few seconds' };
}

interface Unusable {
  ok: false;
  tools: [];
  reason: string;
  mend: string;
}

export function unknownServer(name: string, known: readonly string[]): VsmError {
  const there = known.length === 0 ? 'there is none yet' : `there are ${[...known].sort().join(', ')}`;
  return new VsmError('VSM_NOT_FOUND', `there is no server ${name.slice(0, 100)}: ${there}`);
}

function unusable({ name, barred }: DesiredServer, trouble: Trouble | undefined): Unusable {
  if (barred !== undefined) {
    const mend = `see what it offers now (vsmcp capabilities list), then acquire it again or take it out of vsmcp.yaml`;
    return { ok: false, tools: [], reason: barred, mend };
  }
  if (trouble === undefined) {
    return { ok: false, tools: [], reason: 'it is being installed or started', mend: 'try again in a few seconds' };
  }
  return { ok: false, tools: [], reason: trouble.reason, mend: mendOf(name, trouble.code) };
}

/** Mends for a server that cannot be used, by the kind of its failure. */
function mendOf(name: string, code: VsmErrorCode | undefined): string {
  switch (code) {
    case 'VSM_INSTALL':
      return `correct servers.${name}.npm in vsmcp.yaml, or let this machine reach the npm registry; \`vsmcp doctor\` looks at npm`;
    case 'VSM_CONFIG':
      return 'set the variable where System 1 runs, and start it anew';
    case 'VSM_SANDBOX':
      return `\`vsmcp doctor\` says which confinement this machine has and what the next one needs; correct what servers.${name} may touch`;
    case 'VSM_POLICY':
      return 'when the place is yours, add it to policy.private in vsmcp.yaml and start the fleet anew';
    case 'VSM_TIMEOUT':
      return 'it hangs: when it stays so, stop its process; it is started again by itself';
    default:
      return `its last words say why: correct args, env or grants of servers.${name} in vsmcp.yaml; it is started again by itself`;
  }
}
