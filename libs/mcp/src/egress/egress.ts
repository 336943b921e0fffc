import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { reasonOf, VsmError } from '@vsmcp/vsm';
import type { McpLog } from '../log.js';
import type { EgressPolicy } from './dial.js';
import { admits, placeOf } from './hosts.js';

/** Connections of one server at the same time; ms until a host must have taken one. */
const MOST = 256;
const PATIENCE = 30_000;

/** A server's request for a connection to a host. */
export interface Dial {
  /** The server's package. */
  server: string;
  host: string;
  port: number;
}

/**
 * Around each dial of a server, for whoever counts and traces them.
 * @param dial rejects with VSM_POLICY for a host that was not declared or is at a place that policy does not admit,
 * VSM_MCP for
 * one that cannot be reached; what it rejects with is passed on
 */
export type WatchDial = <T>(what: Dial, dial: () => Promise<T>) => Promise<T>;

export interface Egress {
  /** Path of the Unix socket at which the server finds its proxy. */
  readonly socket: string;
  /** Ends all its connections. */
  close(): Promise<void>;
}

interface Around {
  server: string;
  hosts: readonly string[];
  policy: EgressPolicy;
  log: McpLog;
  watch: WatchDial;
  /** All that is connected, to be ended with the proxy. */
  open: Set<Duplex>;
}

/**
 * The one way out of a server that has no network: a proxy (HTTP's CONNECT, RFC 9110 §9.3.6) on a Unix socket, which
 * dials only the hosts that were declared, and these only where `policy` admits them. It sees where a connection goes,
 * not what is said in it.
 * @param hosts as `Grants.hosts`
 */
export async function openEgress(
  server: string,
  hosts: readonly string[],
  around: { policy: EgressPolicy; log: McpLog; watch: WatchDial },
): Promise<Egress> {
  // a short path, since that of a socket is limited to 107 bytes
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-egress-'));
  const socket = join(folder, 'socket');
  const open = new Set<Duplex>();
  const proxy = createServer((_, response) => response.writeHead(405).end('only CONNECT\n'));
  proxy.maxConnections = MOST;
  proxy.on('connection', (client) => hold(open, client));
  proxy.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy());
    tunnel({ ...around, server, hosts, open }, request.url ?? '', client, head).catch((error: unknown) =>
      refuse(client, error),
    );
  });
  proxy.listen(socket);
  await once(proxy, 'listening');
  return {
    socket,
    async close() {
      proxy.close();
      for (const each of open) each.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Opens the way from a server to a host, and ends it with either. */
async function tunnel(around: Around, wanted: string, client: Duplex, head: Buffer): Promise<void> {
  const { server, open } = around;
  const { host, port } = placeOf(wanted) ?? {};
  if (host === undefined || port === undefined) throw new VsmError('VSM_POLICY', 'a dial must be CONNECT host:port');
  const what = { server, host, port };
  const far = await around
    .watch(what, () => dial(around, host, port))
    .catch((error: unknown) => {
      around.log.warn({ ...what, reason: reasonOf(error) }, 'a server did not get the connection it wanted');
      throw error;
    });
  around.log.info(what, 'a server is connected');
  hold(open, far);
  far.on('error', () => client.destroy());
  far.once('close', () => client.destroy());
  client.once('close', () => far.destroy());
  if (client.destroyed) far.destroy();
  client.write('HTTP/1.1 200 Connected\r\n\r\n');
  far.write(head);
  client.pipe(far).pipe(client);
}

async function dial({ server, hosts, policy }: Around, host: string, port: number): Promise<Socket> {
  if (!admits(hosts, host, port)) {
    const place = `${host.includes(':') ? `[${host}]` : host}${port === 443 || port === 80 ? '' : `:${port}`}`;
    throw new VsmError(
      'VSM_POLICY',
      `${server} may not reach ${host} at port ${port}: if it should, add ${place} to hosts of this server in vsmcp.yaml`,
    );
  }
  policy.check(host);
  const far = connect({ host, port, lookup: policy.lookup });
  try {
    await once(far, 'connect', { signal: AbortSignal.timeout(PATIENCE) });
    return far;
  } catch (error) {
    far.destroy();
    if (error instanceof VsmError) throw error;
    throw new VsmError('VSM_MCP', `${host} at port ${port} cannot be reached: ${reasonOf(error)}`, { cause: error });
  }
}

function hold(open: Set<Duplex>, socket: Duplex): void {
  open.add(socket);
  socket.once('close', () => open.delete(socket));
}

function refuse(client: Duplex, error: unknown): void {
  const status = error instanceof VsmError && error.code === 'VSM_POLICY' ? '403 Forbidden' : '502 Bad Gateway';
  client.end(`HTTP/1.1 ${status}\r\nvsmcp-reason: ${encodeURIComponent(reasonOf(error))}\r\n\r\n`);
}
