import type { WatchDial } from '@vsmcp/mcp';
import { inSpan, type ServiceContext } from '@vsmcp/service';
import { VsmError } from '@vsmcp/vsm';

/** Counts and traces the connections that servers want to the hosts they were granted, and to others. */
export function watchDials(context: Pick<ServiceContext, 'system' | 'instance' | 'metrics'>): WatchDial {
  const dials = context.metrics.counter(
    'vsmcp_server_dials_total',
    'Connections that servers asked their proxy for: made, refused by what was granted or where the host is, or failed',
    ['server', 'outcome'],
  );
  return async ({ server, host, port }, dial) => {
    const attributes = { 'vsmcp.server': server, 'server.address': host, 'server.port': port };
    try {
      // a server dials when it likes: it is of no trace that goes on here
      const made = await inSpan(context, 'dial', { kind: 'CLIENT', attributes, begins: true }, dial);
      dials.inc({ server, outcome: 'made' });
      return made;
    } catch (error) {
      const refused = error instanceof VsmError && error.code === 'VSM_POLICY';
      dials.inc({ server, outcome: refused ? 'refused' : 'failed' });
      throw error;
    }
  };
}
