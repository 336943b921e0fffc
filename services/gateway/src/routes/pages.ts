import { z } from 'zod';
import { NO_BODY, NOTHING, READING, type Rights, route } from './route.js';

/** Files of the dashboard: anyone may load them; what the page reads and does has the rights of its own routes. */
const PAGE = {
  ...READING,
  rights: { role: 'anyone', asks: [] } as const satisfies Rights,
  output: z.string(),
  problems: [403, 500],
} as const;

export const PAGES = {
  page: route({ ...PAGE, path: '/', summary: 'The dashboard', media: 'text/html' }),
  script: route({ ...PAGE, path: '/dashboard.js', summary: "The dashboard's script", media: 'text/javascript' }),
  style: route({ ...PAGE, path: '/dashboard.css', summary: "The dashboard's style", media: 'text/css' }),
};

export const MCP_PATH = '/mcp';

/** JSON-RPC's own form of an error, for what is no answer to a request. */
const RpcProblem = z.looseObject({
  jsonrpc: z.literal('2.0'),
  error: z.looseObject({ code: z.number().int(), message: z.string() }),
  id: z.null(),
});

/**
 * MCP's streamable HTTP. Input and output are JSON-RPC, as MCP has them; each tool needs its own grant of
 * `gateway.agents`.
 */
const MCP = {
  path: MCP_PATH,
  params: NOTHING,
  query: NOTHING,
  rights: { role: 'anyone', asks: [] } as const satisfies Rights,
  status: 200,
  problems: [400, 401, 403, 404, 405, 413, 415, 500, 503],
  problem: RpcProblem,
} as const;

export const MCP_ROUTES = {
  mcpSpeak: route({
    ...MCP,
    method: 'POST',
    summary: 'Speaks MCP: initialize begins a session',
    body: z.union([z.looseObject({}), z.array(z.looseObject({}))]),
    output: z.unknown(),
    media: 'text/event-stream',
  }),
  mcpListen: route({
    ...MCP,
    method: 'GET',
    summary: "Listens to an MCP session's notifications",
    body: NO_BODY,
    output: z.string(),
    media: 'text/event-stream',
  }),
  mcpEnd: route({
    ...MCP,
    method: 'DELETE',
    summary: 'Ends an MCP session',
    body: NO_BODY,
    output: z.unknown(),
    media: 'application/json',
  }),
};
