import { type Clock, type RemoteSpec, VsmError } from '@vsmcp/vsm';
import type { EgressPolicy } from '../../egress/dial.js';
import type { Link } from '../link.js';
import { HttpLink } from './http.js';
import { TcpLink } from './tcp.js';
import { WebSocketLink } from './web-socket.js';

/** The link that the address of a server asks for; not yet opened. */
export function linkTo(url: URL, headers: Record<string, string>, egress: EgressPolicy, clock: Clock): Link {
  switch (url.protocol) {
    case 'tcp:':
      return new TcpLink(url, egress, clock);
    case 'ws:':
    case 'wss:':
      return new WebSocketLink(url, headers, egress, clock);
    default:
      return new HttpLink(url, headers, egress, clock);
  }
}

/**
 * A server's headers, those that are kept in the environment read from there.
 * @throws VSM_CONFIG naming the variable that is not set, or whose value no header may have
 */
export function headersOf(spec: Pick<RemoteSpec, 'headers' | 'url'>, env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(spec.headers).map(([name, value]) => [name, typeof value === 'string' ? value : read(value.from)]),
  );

  function read(variable: string): string {
    const value = env[variable]?.trim();
    if (!value)
      throw new VsmError('VSM_CONFIG', `${variable} is not set: ${spec.url} wants it in a header; set it for System 1`);
    if (/^[\t\x20-\x7e]*$/.test(value)) return value;
    throw new VsmError('VSM_CONFIG', `${variable} has characters that no header may have; correct its value`);
  }
}
