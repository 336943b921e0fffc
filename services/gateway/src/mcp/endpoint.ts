import type { ServiceContext } from '@vsmcp/service';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { failureOf, HttpError } from '../failure.js';
import { MCP_PATH, MCP_ROUTES } from '../routes/pages.js';
import { agentOf } from './agents.js';
import { Demands } from './demands.js';
import { Offers } from './offers.js';
import type { Session } from './session.js';
import { Sessions } from './sessions.js';
import { callTool } from './tools/call-tool.js';
import { changes } from './tools/changes.js';
import { findTool } from './tools/find-tool.js';
import { reads } from './tools/reads.js';

/** JSON-RPC's codes: what could not be read, and what MCP leaves to the server. */
const PARSE_ERROR = -32_700;
const SERVER_ERROR = -32_000;
const NO_SESSION = -32_001;

/**
 * MCP over streamable HTTP: the gateway's questions and petitions as tools, and the tools of the fleet through
 * find_tool and call_tool. POST speaks, GET listens, DELETE ends a session.
 * @returns how to end it
 */
export async function mcp(app: FastifyInstance, context: ServiceContext): Promise<() => Promise<void>> {
  const parts = { context, offers: new Offers(context), demands: new Demands(context) };
  const tools = [findTool(parts), callTool(parts), ...reads(context), ...changes(context)];
  const sessions = new Sessions(parts, tools);

  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const agent = agentOf(context.config.gateway.agents, request.headers.authorization);
    const id = request.headers['mcp-session-id'];
    const session = typeof id === 'string' ? sessions.get(id, agent) : await begin(sessions, request, agent);
    if (session === undefined) {
      return reply.code(404).send(problem(NO_SESSION, 'there is no such session; initialize a new one'));
    }
    reply.hijack();
    watch(context, session, reply);
    await session.transport.handleRequest(request.raw, reply.raw, request.body);
    return reply;
  };

  await app.register(async (scope) => {
    scope.setErrorHandler((error, _, reply) => {
      const { status, body } = failureOf(error);
      if (status >= 500) context.log.warn({ err: error, status }, 'an MCP request failed');
      const message = body.mend === undefined ? body.message : `${body.message}; ${body.mend}`;
      if (status === 401) void reply.header('www-authenticate', 'Bearer');
      return reply.code(status).send(problem(status === 400 ? PARSE_ERROR : SERVER_ERROR, message));
    });
    const methods = Object.values(MCP_ROUTES).map(({ method }) => method);
    scope.route({ method: methods, url: MCP_PATH, handler: handle });
  });
  return () => sessions.close();
}

/** @throws HttpError 400 for what does not begin a session, 503 when there is no room for one */
async function begin(sessions: Sessions, { method, body }: FastifyRequest, agent: string): Promise<Session> {
  if (method !== 'POST' || !isInitialize(body)) {
    throw new HttpError(405, 'VSM_USAGE', 'a session begins with initialize, and then sends Mcp-Session-Id');
  }
  const session = await sessions.begin(agent);
  if (session) return session;
  throw new HttpError(503, 'VSM_REFUSED', 'there are too many MCP sessions', 'end one of them with DELETE');
}

function isInitialize(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'method' in body && body.method === 'initialize';
}

function watch(context: ServiceContext, session: Session, reply: FastifyReply): void {
  session.open++;
  reply.raw.once('close', () => {
    session.open--;
    session.seen = context.clock.now();
  });
}

const problem = (code: number, message: string) => ({ jsonrpc: '2.0', error: { code, message }, id: null });
