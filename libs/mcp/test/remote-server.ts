import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcp, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { type JSONRPCMessage, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';

export type Kind = 'http' | 'ws' | 'tcp';
export const KINDS: readonly Kind[] = ['http', 'ws', 'tcp'];

export interface RemoteServer {
  url: string;
  /** Calls whose cancellation it heard. */
  cancelled: number;
  /** Headers of the requests that came. */
  headers: IncomingMessage['headers'][];
  /** Answers requests over HTTP before MCP does; true when it did. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean;
  sockets(): number;
  /** Tells all clients that the tools changed, and has one more. */
  grow(): void;
  /** Reads no more of what comes. */
  deafen(): void;
  /** Breaks all connections and takes no more. */
  vanish(): Promise<void>;
}

/** A real MCP server of the SDK, reached over one of the transports; goes with the test. */
export async function remoteServer(
  t: TestContext,
  kind: Kind,
  options: { json?: boolean } = {},
): Promise<RemoteServer> {
  const sockets = new Set<Socket>();
  const servers: McpServer[] = [];
  let grown = false;
  const remote: RemoteServer = {
    url: '',
    cancelled: 0,
    headers: [],
    instead: () => false,
    sockets: () => sockets.size,
    grow() {
      grown = true;
      for (const server of servers) addGrown(server);
    },
    deafen() {
      for (const socket of sockets) socket.pause();
    },
    async vanish() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };

  const serve = async (transport: Transport) => {
    const server = build(remote);
    servers.push(server);
    if (grown) addGrown(server);
    await server.connect(transport);
  };

  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const onRequest = async (request: IncomingMessage, response: ServerResponse) => {
    remote.headers.push(request.headers);
    if (remote.instead(request, response)) return;
    const known = sessions.get(String(request.headers['mcp-session-id']));
    if (known) return known.handleRequest(request, response);
    if (request.headers['mcp-session-id']) return void response.writeHead(404).end();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: options.json === true,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    await serve(transport);
    await transport.handleRequest(request, response);
  };

  const listener =
    kind === 'tcp'
      ? createTcp((socket) => void serve(new StdioServerTransport(socket, socket)))
      : createServer((request, response) => void onRequest(request, response));
  if (kind === 'ws') {
    const ws = new WebSocketServer({ server: listener as ReturnType<typeof createServer> });
    ws.on('connection', (socket, request) => {
      remote.headers.push(request.headers);
      void serve(overWebSocket(socket));
    });
  }
  listener.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.after(() => (listener.listening ? remote.vanish() : undefined));
  const { port } = listener.address() as { port: number };
  remote.url = kind === 'http' ? `http://127.0.0.1:${port}/mcp` : `${kind}://127.0.0.1:${port}`;
  return remote;
}

const text = (value: unknown) => ({ content: [{ type: 'text' as const, text: String(value) }] });

function build(remote: RemoteServer): McpServer {
  const server = new McpServer({ name: 'remote', version: '1.0.0' }, { capabilities: { logging: {} } });
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text: said }) => text(said));
  server.registerTool('hangs', {}, (extra) => {
    extra.signal.addEventListener('abort', () => remote.cancelled++);
    return new Promise(() => {});
  });
  server.registerTool('big', {}, () => text('x'.repeat(17 * 2 ** 20)));
  server.registerTool('flood', {}, async () => {
    for (let n = 0; n < 5000; n++)
      await server.server.notification({ method: 'notifications/message', params: { level: 'info', data: n } });
    return text('done');
  });
  return server;
}

function addGrown(server: McpServer): void {
  server.registerTool('grown', {}, () => text('grown'));
}

function overWebSocket(socket: WebSocket): Transport {
  const transport: Transport = {
    async start() {
      socket.on('message', (data) => transport.onmessage?.(JSONRPCMessageSchema.parse(JSON.parse(String(data)))));
      socket.on('close', () => transport.onclose?.());
    },
    async send(message: JSONRPCMessage) {
      socket.send(JSON.stringify(message));
    },
    async close() {
      socket.close();
    },
  };
  return transport;
}
